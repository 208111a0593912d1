// SPDX-License-Identifier: Apache-2.0
//
// Conntrack netlink messages (linux/netfilter/nfnetlink_conntrack.h) to plain values. Pure: the caller has
// the bytes. Used by the probe's loop.
#pragma once

#include <libmnl/libmnl.h>

#include <optional>

#include "probes/kernel/conntrack_entry.h"

namespace gatewitness::kernel {

struct ConntrackMessage {
  ConntrackEvent event = ConntrackEvent::kUpdate;
  ConntrackEntry entry;
};

// A whole message (is_whole said so). Nothing if it is not about a TCP connection, or lacks a tuple, or
// has attributes of impossible lengths.
std::optional<ConntrackMessage> parse_conntrack(const nlmsghdr* message);

}  // namespace gatewitness::kernel
