// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/fields.h"

#include <algorithm>
#include <charconv>

#include "probes/wire/attempt.h"

namespace gatewitness::leases {
namespace {

constexpr uint64_t kYear2000 = 946'684'800;
constexpr uint64_t kYear2200 = 7'258'118'400;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

Fields::Fields(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size()) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (size_ < kMost) fields_[size_] = line.substr(at, end - at);
    ++size_;
    at = end;
  }
}

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t value = 0;
  if (text.empty() || text.size() > 18) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Timestamp> end_of(uint64_t seconds) {
  if (seconds < kYear2000) return std::nullopt;
  return Timestamp(std::chrono::seconds(std::min(seconds, kYear2200)));
}

std::string name_of(std::string_view text) {
  if (text == "*" || text == "-" || text.size() > wire::kMaxText) return "";
  return std::string(text);
}

std::string hex_of(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ':' && out.size() % 2 == 0 && !out.empty() && at + 1 < text.size()) continue;
    const char c = text[at] >= 'A' && text[at] <= 'F' ? static_cast<char>(text[at] - 'A' + 'a') : text[at];
    if (!is_lower_hex(c)) return "";
    out += c;
  }
  if (out.size() % 2 != 0) return "";
  out.resize(std::min(out.size(), wire::kMaxText));
  return out;
}

std::optional<MacAddress> mac_of_digits(std::string_view hex) {
  if (hex.size() != 12) return std::nullopt;
  std::string text;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    if (at > 0) text += ':';
    text += hex.substr(at, 2);
  }
  const auto mac = MacAddress::parse(text);
  if (!mac || mac->is_zero() || mac->is_multicast()) return std::nullopt;
  return mac;
}

std::optional<MacAddress> mac_of_duid(std::string_view hex) {
  constexpr std::string_view kWithTime = "00010001", kWithout = "00030001";  // hardware type 1: Ethernet
  if (hex.starts_with(kWithTime) && hex.size() == 28) return mac_of_digits(hex.substr(16));
  if (hex.starts_with(kWithout) && hex.size() == 20) return mac_of_digits(hex.substr(8));
  return std::nullopt;
}

}  // namespace gatewitness::leases
