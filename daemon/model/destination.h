// SPDX-License-Identifier: Apache-2.0
//
// Mail servers come in farms: a destination is an IPv4 /24 or an IPv6 /48.
#pragma once

#include "probes/wire/ip.h"

namespace gatewitness {

inline Prefix destination_of(const IpAddress& server) {
  return Prefix(server, server.is_v6() ? 48 : 24);
}

}  // namespace gatewitness
