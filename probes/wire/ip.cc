// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/ip.h"

// For inet_pton alone: a pure function of the C library, no socket is involved.
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace gatewitness {
namespace {

constexpr std::size_t kLongestText = INET6_ADDRSTRLEN;
constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// FNV-1a: addresses are chosen by attackers, but every table they key is capped, so chains stay short enough.
std::size_t hash_bytes(std::span<const uint8_t> bytes, uint64_t seed) {
  uint64_t value = 0xcbf29ce484222325U ^ seed;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3U;
  return static_cast<std::size_t>(value ^ value >> 32);
}

std::string dotted_quad(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes.first(4)) text += (text.empty() ? "" : ".") + std::to_string(byte);
  return text;
}

// The groups that "::" stands for: the longest run of zero groups, the first of equals, never a single one
// (RFC 5952 section 4.2).
struct Run {
  std::size_t first = 0;
  std::size_t length = 0;
};
Run longest_zero_run(std::span<const uint16_t, 8> groups) {
  Run best;
  Run run;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != 0) {
      run = {i + 1, 0};
    } else if (++run.length > best.length) {
      best = run;
    }
  }
  return best.length < 2 ? Run{} : best;
}

// Not inet_ntop: the C libraries differ (one shortens a single zero group, one writes ::1:2 as ::0.1.0.2),
// and the same capture must give the same bytes everywhere.
std::string colon_text(std::span<const uint8_t> bytes) {
  std::array<uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i)
    groups[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const Run skipped = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < groups.size();) {
    if (skipped.length != 0 && i == skipped.first) {
      text += "::";
      i += skipped.length;
      continue;
    }
    std::array<char, 4> hex{};
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), groups[i], 16).ptr;
    if (!text.empty() && text.back() != ':') text += ':';
    text.append(hex.data(), end);
    ++i;
  }
  return text;
}

}  // namespace

IpAddress IpAddress::v4(std::array<uint8_t, 4> bytes) {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(std::array<uint8_t, 16> bytes) {
  IpAddress address;
  address.is_v6_ = true;
  address.bytes_ = bytes;
  return address;
}

std::optional<IpAddress> IpAddress::from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  IpAddress address;
  address.is_v6_ = bytes.size() == 16;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() >= kLongestText || text.find('\0') != text.npos) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  address.is_v6_ = text.find(':') != text.npos;
  if (inet_pton(address.is_v6_ ? AF_INET6 : AF_INET, terminated.c_str(), address.bytes_.data()) != 1)
    return std::nullopt;
  return address;
}

IpAddress IpAddress::unmapped() const {
  if (!is_v6_ || !std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin())) return *this;
  return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
  if (!is_v6_) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_link_local() const {
  if (!is_v6_) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const {
  if (is_v6_) return bytes_[0] == 0xff;
  return (bytes_[0] & 0xf0) == 0xe0 ||
         (bytes_[0] == 255 && bytes_[1] == 255 && bytes_[2] == 255 && bytes_[3] == 255);
}

bool IpAddress::is_private() const {
  if (is_unspecified() || is_loopback() || is_link_local()) return true;
  if (is_v6_) return (bytes_[0] & 0xfe) == 0xfc;
  return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||
         (bytes_[0] == 192 && bytes_[1] == 168) || (bytes_[0] == 100 && (bytes_[1] & 0xc0) == 64);
}

std::string to_string(const IpAddress& address) {
  const auto bytes = address.bytes();
  if (address.is_v4()) return dotted_quad(bytes);
  const IpAddress mapped = address.unmapped();
  return mapped.is_v4() ? "::ffff:" + dotted_quad(mapped.bytes()) : colon_text(bytes);
}

Prefix::Prefix(const IpAddress& address, unsigned length)
    : length_(std::min(length, address.is_v6() ? 128U : 32U)) {
  std::array<uint8_t, 16> bytes{};
  const auto whole = address.bytes();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const unsigned kept = length_ >= 8 * i + 8 ? 8U
                          : length_ <= 8 * i   ? 0U
                                               : static_cast<unsigned>(length_ - 8 * i);
    bytes[i] = static_cast<uint8_t>(whole[i] & static_cast<uint8_t>(0xff00U >> kept));
  }
  address_ = *IpAddress::from_bytes(std::span(bytes).first(whole.size()));
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned length = address->is_v6() ? 128 : 32;
  if (slash != text.npos) {
    const auto digits = text.substr(slash + 1);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value > length) return std::nullopt;
    if (digits.size() > 1 && digits.front() == '0') return std::nullopt;  // octal to some
    length = value;
  }
  const Prefix prefix(*address, length);
  if (prefix.address_ != *address) return std::nullopt;
  return prefix;
}

bool Prefix::contains(const IpAddress& address) const {
  return address.is_v6() == address_.is_v6() && Prefix(address, length_).address_ == address_;
}

std::string to_string(const Prefix& prefix) {
  return to_string(prefix.address()) + "/" + std::to_string(prefix.length());
}

}  // namespace gatewitness

std::size_t std::hash<gatewitness::IpAddress>::operator()(
    const gatewitness::IpAddress& address) const noexcept {
  return gatewitness::hash_bytes(address.bytes(), 0);
}

std::size_t std::hash<gatewitness::Prefix>::operator()(const gatewitness::Prefix& prefix) const noexcept {
  return gatewitness::hash_bytes(prefix.address().bytes(), prefix.length() + 1);
}
