// SPDX-License-Identifier: Apache-2.0
//
// One device's attempt to reach a stranger's mail server, as the capture probe sends it.
#pragma once

#include <cstdint>
#include <vector>

#include "probes/wire/codec.h"

namespace gatewitness::control {

inline std::vector<uint8_t> attempt(uint64_t number, Timestamp time) {
  wire::Attempt attempt;
  attempt.id = number;
  attempt.interface = "br-lan";
  attempt.client_mac = *MacAddress::parse("02:00:5e:10:00:01");
  attempt.flow = {{*IpAddress::parse("192.168.1.20"), static_cast<uint16_t>(2000 + number)},
                  {*IpAddress::parse("198.51.100.9"), 25},
                  6};
  attempt.started = attempt.last = time;
  attempt.outcome = wire::Outcome::kEstablished;
  attempt.client_seen = attempt.server_seen = true;
  return wire::encode({{"capture", 1, number, time}, attempt});
}

}  // namespace gatewitness::control
