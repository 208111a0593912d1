// SPDX-License-Identifier: Apache-2.0
//
// One connection as the kernel's connection tracking tells of it: what a netlink message says, as plain
// values. Made by conntrack_parse, read by the binding table.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "probes/wire/flow.h"
#include "probes/wire/time.h"

namespace gatewitness::kernel {

enum class ConntrackEvent : uint8_t {
  kNew,
  kUpdate,
  kDestroy,
  kDump,  // no event: an answer to a request for the whole table
};

struct ConntrackEntry {
  uint32_t id = 0;    // the kernel's, unique among live entries but for hash collisions
  uint16_t zone = 0;  // the same tuple may live once per zone
  FiveTuple original;
  FiveTuple reply;
  std::optional<uint32_t> status;    // IPS_* bits
  std::optional<uint8_t> tcp_state;  // enum tcp_conntrack
  std::optional<Timestamp> started;  // only where net.netfilter.nf_conntrack_timestamp is on
  std::optional<Timestamp> ended;    // the same
};

// "SYN_SENT", "ESTABLISHED", ...; "" for a number that the kernel's header does not know.
std::string_view tcp_state_name(uint8_t state);

}  // namespace gatewitness::kernel
