// SPDX-License-Identifier: Apache-2.0
//
// One line of dnsmasq's lease file (lease_update_file() in its lease.c):
//
//   1732536000 8c:79:f5:10:00:01 192.168.1.20 Family-Hub-Fridge 01:8c:79:f5:10:00:01      DHCPv4
//   duid 00:01:00:01:2e:…                                          the server's own DUID, before its DHCPv6
//   leases 1732536000 271647235 2001:db8:1::20 nas 00:03:00:01:00:11:32:10:00:03                  DHCPv6:
//   IAID, client's DUID
//
// The second field may have "06-" before the MAC (another hardware type) or "T" before the IAID (a temporary
// address); '*' stands for no name or no id.
#pragma once

#include <string_view>

#include "probes/leases/lease.h"

namespace gatewitness::leases {

void read_dnsmasq_line(std::string_view line, LeaseList& out);

}  // namespace gatewitness::leases
