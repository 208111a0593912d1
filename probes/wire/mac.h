// SPDX-License-Identifier: Apache-2.0
//
// A MAC address (EUI-48, IEEE 802-2014 section 8): the key of a device on the LAN. A value type,
// used by every folder.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gatewitness {

struct MacAddress {
  std::array<uint8_t, 6> bytes{};

  // Six pairs of hex digits joined by ':' or '-' (all the same); nothing else is accepted.
  static std::optional<MacAddress> parse(std::string_view text);

  bool is_zero() const;
  bool is_multicast() const { return (bytes[0] & 0x01) != 0; }
  // The U/L bit: the address was made up by its user, as randomised ones are. Names no vendor.
  bool is_locally_administered() const { return (bytes[0] & 0x02) != 0; }

  auto operator<=>(const MacAddress&) const = default;
};

// Lower case, colons: "02:00:5e:10:00:01".
std::string to_string(const MacAddress& mac);

}  // namespace gatewitness

template <>
struct std::hash<gatewitness::MacAddress> {
  std::size_t operator()(const gatewitness::MacAddress& mac) const noexcept;
};
