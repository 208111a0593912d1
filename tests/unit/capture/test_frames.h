// SPDX-License-Identifier: Apache-2.0
//
// Frames put together header by header, for the tests of the filter and of the sources. Checksums are zero:
// neither looks.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace gatewitness::capture {

using Bytes = std::vector<uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Bytes text(std::string_view characters) {
  return {characters.begin(), characters.end()};
}
inline Bytes u16(unsigned value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}
inline Bytes zeros(std::size_t count) {
  return Bytes(count);
}

inline Bytes ethernet(unsigned type, const Bytes& rest) {
  return Bytes{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2} + u16(type) + rest;
}
// What follows an EtherType of a tag.
inline Bytes tag(unsigned id, unsigned type, const Bytes& rest) {
  return u16(id) + u16(type) + rest;
}
inline Bytes pppoe(unsigned protocol, const Bytes& rest) {
  return Bytes{0x11, 0, 0, 1} + u16(static_cast<unsigned>(rest.size() + 2)) + u16(protocol) + rest;
}

struct Ipv4 {
  unsigned protocol = 6;
  unsigned options = 0;   // bytes, a multiple of four
  unsigned fragment = 0;  // flags and offset
};
inline Bytes ipv4(const Ipv4& header, const Bytes& rest) {
  const unsigned size = 20 + header.options;
  return Bytes{static_cast<uint8_t>(0x40 | size / 4), 0} + u16(static_cast<unsigned>(size + rest.size())) +
         u16(1) + u16(header.fragment) +
         Bytes{64, static_cast<uint8_t>(header.protocol), 0, 0, 192, 168, 1, 20, 203, 0, 113, 7} +
         zeros(header.options) + rest;
}
inline Bytes ipv6(unsigned next, const Bytes& rest) {
  return Bytes{0x60, 0, 0, 0} + u16(static_cast<unsigned>(rest.size())) +
         Bytes{static_cast<uint8_t>(next), 64} + Bytes(32, 0xfd) + rest;
}
// An options header of eight bytes and more.
inline Bytes ipv6_options(unsigned next, unsigned eights, const Bytes& rest) {
  return Bytes{static_cast<uint8_t>(next), static_cast<uint8_t>(eights)} + zeros(6 + eights * 8) + rest;
}
inline Bytes ipv6_fragment(unsigned next, unsigned offset_and_flags, const Bytes& rest) {
  return Bytes{static_cast<uint8_t>(next), 0} + u16(offset_and_flags) + zeros(4) + rest;
}

inline Bytes tcp(unsigned source, unsigned destination, std::string_view payload = "", unsigned options = 0) {
  return u16(source) + u16(destination) + zeros(8) +
         Bytes{static_cast<uint8_t>((20 + options) / 4 << 4), 0x18, 0xff, 0xff, 0, 0, 0, 0} + zeros(options) +
         text(payload);
}
inline Bytes udp(unsigned source, unsigned destination, std::size_t payload = 32) {
  return u16(source) + u16(destination) + u16(static_cast<unsigned>(8 + payload)) + u16(0) + zeros(payload);
}
// Type, code, checksum and unused, then the quoted packet.
inline Bytes icmp(unsigned type, const Bytes& rest) {
  return Bytes{static_cast<uint8_t>(type), 1} + zeros(6) + rest;
}

}  // namespace gatewitness::capture
