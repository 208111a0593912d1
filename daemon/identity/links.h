// SPDX-License-Identifier: Apache-2.0
//
// A made-up MAC is forgotten at the next network; what the device says of itself often is not. Which earlier
// device this one may be, said with its grounds and never more: a link is a hint for the owner, not an
// attribution. PURE.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/identity/identity.h"

namespace gatewitness {

struct SeenDevice {
  MacAddress mac;
  const Identity* identity = nullptr;
  Timestamp first, last;
};

struct Link {
  MacAddress earlier;
  // Strong: the same DHCP client id. Fair: the same name, and as much else as both say of their kind. Weak:
  // the same name alone.
  Strength strength = Strength::kWeak;
  std::vector<std::string> grounds;  // "the same DHCP client id", for people
};

// The likeliest of those that were there before and went; only for a made-up MAC. others may hold the device.
std::optional<Link> link_of(const SeenDevice& device, std::span<const SeenDevice> others,
                            const RuleSet& rules);

}  // namespace gatewitness
