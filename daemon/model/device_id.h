// SPDX-License-Identifier: Apache-2.0
//
// Which device: a MAC on the LAN, the gateway itself, or, where no MAC is known, an address. A value, used as
// a key everywhere.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/wire/ip.h"
#include "probes/wire/mac.h"

namespace gatewitness {

struct DeviceId {
  enum class Kind : uint8_t { kGateway, kMac, kAddress };
  Kind kind = Kind::kGateway;
  MacAddress mac;
  IpAddress address;

  static DeviceId gateway() { return {}; }
  static DeviceId of(const MacAddress& mac) { return {Kind::kMac, mac, {}}; }
  static DeviceId of(const IpAddress& address) { return {Kind::kAddress, {}, address}; }
  // "gateway", a MAC, or an address.
  static std::optional<DeviceId> parse(std::string_view text);

  auto operator<=>(const DeviceId&) const = default;
};
std::string to_string(const DeviceId& id);

}  // namespace gatewitness
