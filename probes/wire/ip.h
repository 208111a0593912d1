// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 addresses and prefixes as values. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is kept
// as it was written; callers that want the IPv4 in it call unmapped().
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatewitness {

class IpAddress {
 public:
  // 0.0.0.0
  IpAddress() = default;

  static IpAddress v4(std::array<uint8_t, 4> bytes);
  static IpAddress v6(std::array<uint8_t, 16> bytes);
  // 4 or 16 bytes in network order; any other length is no address.
  static std::optional<IpAddress> from_bytes(std::span<const uint8_t> bytes);
  // Dotted quad without leading zeros, or RFC 4291 text; no zone, no prefix length, no blanks.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return !is_v6_; }
  bool is_v6() const { return is_v6_; }
  // 4 or 16 bytes in network order; they live as long as this object.
  std::span<const uint8_t> bytes() const { return {bytes_.data(), is_v6_ ? 16U : 4U}; }
  IpAddress unmapped() const;

  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_link_local() const;
  bool is_multicast() const;  // also the IPv4 limited broadcast address
  // RFC 1918, RFC 6598 (shared, carrier-grade NAT), RFC 4193, loopback, link-local, unspecified: an
  // address that no stranger on the internet can be reached at.
  bool is_private() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool is_v6_ = false;
  std::array<uint8_t, 16> bytes_{};  // IPv4 uses the first four, the rest stay zero
};

// RFC 5952 text for IPv6, the same on every platform; IPv4-mapped ones as ::ffff:192.0.2.1.
std::string to_string(const IpAddress& address);

// An address range in CIDR form. The host bits are always zero.
class Prefix {
 public:
  Prefix() = default;
  // length is 0..32 or 0..128; a longer one is cut to the longest.
  Prefix(const IpAddress& address, unsigned length);
  // "192.168.1.0/24", "fe80::/10"; host bits must be zero, no leading zeros. A bare address is a prefix of
  // full length.
  static std::optional<Prefix> parse(std::string_view text);

  const IpAddress& address() const { return address_; }
  unsigned length() const { return length_; }
  // False for an address of the other family.
  bool contains(const IpAddress& address) const;

  auto operator<=>(const Prefix&) const = default;

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

std::string to_string(const Prefix& prefix);

}  // namespace gatewitness

template <>
struct std::hash<gatewitness::IpAddress> {
  std::size_t operator()(const gatewitness::IpAddress& address) const noexcept;
};
template <>
struct std::hash<gatewitness::Prefix> {
  std::size_t operator()(const gatewitness::Prefix& prefix) const noexcept;
};
