// SPDX-License-Identifier: Apache-2.0
//
// /etc/ethers (ethers(5)): "MAC name-or-address" a line, '#' begins a comment. The owner's own word on a
// device's name; a MAC may stand without leading zeros ("0:11:32:…"). A line with an address in place of a
// name only says what a DHCP server would give, not that anybody has it: it is passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "probes/wire/mac.h"

namespace gatewitness::leases {

struct StaticName {
  MacAddress mac;
  std::string name;

  bool operator==(const StaticName&) const = default;
};

inline constexpr std::size_t kMaxStaticNames = 1024;

struct StaticNames {
  std::vector<StaticName> names;
  uint64_t bad_lines = 0;
  uint64_t refused = 0;  // beyond kMaxStaticNames
};

StaticNames read_ethers(std::string_view text);

}  // namespace gatewitness::leases
