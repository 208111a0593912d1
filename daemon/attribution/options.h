// SPDX-License-Identifier: Apache-2.0
//
// What attribution may be told by the owner. Ranges are checked where the configuration is read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "probes/wire/time.h"

namespace gatewitness {

struct AttributionOptions {
  std::size_t devices = 2048;             // 16..65536; the one unseen for longest makes room
  std::size_t bindings = 16384;           // 64..1048576; live and recently ended NAT bindings
  std::size_t addresses_per_device = 32;  // 4..256; history of addresses, oldest first to go
  // How long a claim that no lease limits stays good for (ARP, ND, neighbour, frames).
  Duration claim_validity = std::chrono::minutes(30);  // 1 min..1 d
  // How long a binding waits for the frame that made it before it counts as an attempt of its own.
  Duration binding_grace = std::chrono::seconds(2);  // 100 ms..60 s
  // From how many IPv4 addresses at a time behind one MAC it counts as shared.
  uint32_t shared_mac_addresses = 3;  // 2..64
};

}  // namespace gatewitness
