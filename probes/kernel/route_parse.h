// SPDX-License-Identifier: Apache-2.0
//
// rtnetlink messages about interfaces, their addresses and the neighbours behind them, to plain values
// (rtnetlink(7)). Pure: the caller has the bytes. Used by the probe's loop.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <string>
#include <variant>

#include "probes/wire/ip.h"
#include "probes/wire/mac.h"

namespace gatewitness::kernel {

// An interface's number, and what it is called now.
struct Link {
  uint32_t index = 0;
  std::string name;
  MacAddress mac;  // zero for an interface without one
  bool removed = false;
};

struct InterfaceAddress {
  uint32_t index = 0;
  IpAddress address;  // the own one, also where a peer's is given (ppp)
  uint8_t prefix_length = 0;
  bool removed = false;
};

enum class NeighbourState : uint8_t {
  kKnown,      // the kernel has its MAC
  kUnknown,    // being asked for
  kFailed,     // asked for, and nobody answers
  kForgotten,  // out of the table: that says nothing about the neighbour
};

struct Neighbour {
  uint32_t index = 0;
  IpAddress address;
  MacAddress mac;  // zero unless kKnown
  NeighbourState state = NeighbourState::kUnknown;
  bool is_router = false;
};

// monostate: nothing that this probe wants to know, or not well-formed.
using RouteMessage = std::variant<std::monostate, Link, InterfaceAddress, Neighbour>;

// A whole message (is_whole said so).
RouteMessage parse_route(const nlmsghdr* message);

}  // namespace gatewitness::kernel
