// SPDX-License-Identifier: Apache-2.0
//
// One line of odhcpd's state file (statefiles.c in its source, dhcpv6-ia.c in older versions):
//
//   # br-lan 8c79f5100001 ipv4 Family-Hub-Fridge 1732536000 c0a80114 32 192.168.1.20/32
//   # br-lan 0003000100113210… 1a2b3c nas 1732536000 20 128 2001:db8:1::20/128 fd00::20/128
//
// that is: interface, MAC or DUID, IAID, name ("-": none; "broken\x20" before one that odhcpd refuses), end
// (-1: never, 0: over), host or subnet id, length, addresses. An address with another length is a delegated
// prefix. Between these stand lines for /etc/hosts ("address name"), which say nothing more.
#pragma once

#include <string_view>

#include "probes/leases/lease.h"

namespace gatewitness::leases {

void read_odhcpd_line(std::string_view line, LeaseList& out);

}  // namespace gatewitness::leases
