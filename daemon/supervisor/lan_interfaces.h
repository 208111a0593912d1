// SPDX-License-Identifier: Apache-2.0
//
// Which interfaces face the home, where nobody has said: the Ethernet ones that are up, have an address of a
// home (RFC 1918 or 4193) and do not lead to the internet. Asked by the supervisor at its start, on Debian;
// on OpenWrt the firewall's zones say it better. The choice itself is a function of values.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gatewitness::supervisor {

struct Interface {
  std::string name;
  bool up = false;
  bool ethernet = false;  // frames carry a MAC
  bool home_address = false;
  bool default_route = false;
};

// As many as capture.interfaces may hold; in the order of their names.
inline constexpr std::size_t kMostInterfaces = 16;
std::vector<std::string> lan_interfaces(std::span<const Interface> all);

// Names of the interfaces that a table of routes, /proc/net/route or /proc/net/ipv6_route, sends to
// everywhere; a line that is none of such a table is passed over.
std::vector<std::string> default_routes(const std::string& table);

// Those of this network namespace.
std::vector<Interface> list_interfaces();

}  // namespace gatewitness::supervisor
