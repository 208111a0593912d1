// SPDX-License-Identifier: Apache-2.0
//
// The bounds-checked reader: the only way that hostile bytes are read in this folder. Failure latches:
// read everything, then ask ok() once. Borrows the bytes; lives no longer than they do.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gatewitness::dissect {

class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  // The next count bytes; empty (and not ok) if there are fewer.
  std::span<const uint8_t> take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
    }
    const auto head = rest_.first(ok_ ? count : 0);
    rest_ = rest_.subspan(head.size());
    return head;
  }
  void skip(std::size_t count) { (void)take(count); }

  template <std::unsigned_integral T>
  T big_endian() {
    uint64_t value = 0;
    for (const uint8_t byte : take(sizeof(T))) value = value << 8 | byte;
    return static_cast<T>(value);
  }
  template <std::unsigned_integral T>
  T little_endian() {
    uint64_t value = 0;
    unsigned shift = 0;
    for (const uint8_t byte : take(sizeof(T))) {
      value |= static_cast<uint64_t>(byte) << shift;
      shift += 8;
    }
    return static_cast<T>(value);
  }
  uint8_t u8() { return big_endian<uint8_t>(); }
  uint16_t u16() { return big_endian<uint16_t>(); }
  uint32_t u32() { return big_endian<uint32_t>(); }

  std::span<const uint8_t> rest() const { return rest_; }
  std::size_t left() const { return rest_.size(); }
  bool ok() const { return ok_; }
  void fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

inline std::string_view as_text(std::span<const uint8_t> bytes) {
  // uint8_t and char may alias; the view borrows the bytes.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace gatewitness::dissect
