// SPDX-License-Identifier: Apache-2.0
//
// Netlink attributes by number, found through libmnl's bounds checks. An attribute is given out only if its
// payload has exactly the length that its type has, so a reader cannot go beyond it. Borrows the message.
// Used by the parsers of this folder only.
#pragma once

#include <endian.h>
#include <libmnl/libmnl.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace gatewitness::kernel {

// kMax: the highest number that is looked at; higher ones (of newer kernels) are passed over. Of two
// attributes with one number the later counts.
template <std::size_t kMax>
class Attributes {
 public:
  // Those of a message, behind its family header of that many bytes.
  static Attributes of(const nlmsghdr* message, std::size_t header_bytes) {
    Attributes found;
    mnl_attr_parse(message, static_cast<unsigned>(header_bytes), &keep, &found);
    return found;
  }
  Attributes<kMax> nested(std::size_t number) const {
    Attributes found;
    if (by_number_[number] != nullptr) mnl_attr_parse_nested(by_number_[number], &keep, &found);
    return found;
  }

  std::optional<std::span<const uint8_t>> bytes(std::size_t number) const {
    const nlattr* attribute = by_number_[number];
    if (attribute == nullptr) return std::nullopt;
    return std::span(static_cast<const uint8_t*>(mnl_attr_get_payload(attribute)),
                     mnl_attr_get_payload_len(attribute));
  }
  // In the byte order of the machine, as rtnetlink writes.
  template <typename T>
  std::optional<T> host(std::size_t number) const {
    const auto raw = bytes(number);
    if (!raw || raw->size() != sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, raw->data(), sizeof(T));
    return value;
  }
  // In network byte order, as nfnetlink writes.
  template <typename T>
  std::optional<T> big_endian(std::size_t number) const {
    const auto raw = bytes(number);
    if (!raw || raw->size() != sizeof(T)) return std::nullopt;
    uint64_t value = 0;
    for (const uint8_t byte : *raw) value = value << 8 | byte;
    return static_cast<T>(value);
  }
  // Up to the first zero byte.
  std::optional<std::string_view> text(std::size_t number) const {
    const auto raw = bytes(number);
    if (!raw) return std::nullopt;
    const std::string_view all(reinterpret_cast<const char*>(raw->data()), raw->size());
    return all.substr(0, all.find('\0'));
  }

 private:
  static int keep(const nlattr* attribute, void* self) {
    const auto number = mnl_attr_get_type(attribute);
    if (number <= kMax) static_cast<Attributes*>(self)->by_number_[number] = attribute;
    return MNL_CB_OK;
  }

  std::array<const nlattr*, kMax + 1> by_number_{};
};

}  // namespace gatewitness::kernel
