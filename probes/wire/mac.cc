// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/mac.h"

#include <algorithm>
#include <cstdio>

namespace gatewitness {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength || (text[2] != ':' && text[2] != '-')) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < mac.bytes.size(); ++i) {
    const int high = hex_digit(text[3 * i]);
    const int low = hex_digit(text[3 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    if (i + 1 < mac.bytes.size() && text[3 * i + 2] != text[2]) return std::nullopt;
    mac.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return mac;
}

bool MacAddress::is_zero() const {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

std::string to_string(const MacAddress& mac) {
  std::array<char, 18> text{};
  const auto& b = mac.bytes;
  std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
                b[5]);
  return text.data();
}

}  // namespace gatewitness

std::size_t std::hash<gatewitness::MacAddress>::operator()(
    const gatewitness::MacAddress& mac) const noexcept {
  uint64_t value = 0;
  for (const uint8_t byte : mac.bytes) value = value << 8 | byte;
  return std::hash<uint64_t>{}(value * 0x9e3779b97f4a7c15U);
}
