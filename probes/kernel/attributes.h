// SPDX-License-Identifier: Apache-2.0
//
// Netlink attributes by number. Walked here instead of with libmnl, whose bounds are rounded up to four
// bytes: a message that ends between would be read beyond its end. An attribute is given out only if its
// payload has exactly the length that its type has. Borrows the message. Used by the parsers of this folder
// only.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include <algorithm>
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
  // Those of a message (is_whole said so), behind its family header of that many bytes.
  static Attributes of(const nlmsghdr* message, std::size_t header_bytes) {
    const std::span payload(static_cast<const uint8_t*>(mnl_nlmsg_get_payload(message)),
                            mnl_nlmsg_get_payload_len(message));
    const std::size_t header = aligned(header_bytes);
    return header > payload.size() ? Attributes() : Attributes(payload.subspan(header));
  }
  Attributes nested(std::size_t number) const { return Attributes(by_number_[number].value_or(Bytes())); }

  std::optional<std::span<const uint8_t>> bytes(std::size_t number) const { return by_number_[number]; }
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
  using Bytes = std::span<const uint8_t>;

  static std::size_t aligned(std::size_t length) {
    return (length + NLA_ALIGNTO - 1) & ~std::size_t{NLA_ALIGNTO - 1};
  }

  Attributes() = default;
  // Up to the first that cannot be.
  explicit Attributes(Bytes rest) {
    nlattr head{};
    while (rest.size() >= sizeof(head)) {
      std::memcpy(&head, rest.data(), sizeof(head));
      if (head.nla_len < sizeof(head) || head.nla_len > rest.size()) return;
      const std::size_t number = head.nla_type & NLA_TYPE_MASK;
      if (number <= kMax) by_number_[number] = rest.subspan(sizeof(head), head.nla_len - sizeof(head));
      rest = rest.subspan(std::min(aligned(head.nla_len), rest.size()));
    }
  }

  std::array<std::optional<Bytes>, kMax + 1> by_number_{};
};

}  // namespace gatewitness::kernel
