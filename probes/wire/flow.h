// SPDX-License-Identifier: Apache-2.0
//
// Endpoint and five-tuple: the name of a flow. Source is the side that spoke first, as far as known.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "probes/wire/ip.h"

namespace gatewitness {

// IANA protocol numbers that this project speaks of.
inline constexpr uint8_t kProtocolTcp = 6;
inline constexpr uint8_t kProtocolUdp = 17;

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;  // host order

  // "192.0.2.1:25" or "[2001:db8::1]:25"; the port without leading zeros.
  static std::optional<Endpoint> parse(std::string_view text);

  auto operator<=>(const Endpoint&) const = default;
};
std::string to_string(const Endpoint& endpoint);

struct FiveTuple {
  Endpoint source;
  Endpoint destination;
  uint8_t protocol = kProtocolTcp;

  // "tcp 192.168.1.20:40000 > 192.0.2.1:25"; "udp" and bare protocol numbers are read too. Both
  // addresses are of one family; no number has leading zeros.
  static std::optional<FiveTuple> parse(std::string_view text);
  FiveTuple reversed() const { return {destination, source, protocol}; }

  auto operator<=>(const FiveTuple&) const = default;
};
std::string to_string(const FiveTuple& tuple);

}  // namespace gatewitness

template <>
struct std::hash<gatewitness::Endpoint> {
  std::size_t operator()(const gatewitness::Endpoint& endpoint) const noexcept;
};
template <>
struct std::hash<gatewitness::FiveTuple> {
  std::size_t operator()(const gatewitness::FiveTuple& tuple) const noexcept;
};
