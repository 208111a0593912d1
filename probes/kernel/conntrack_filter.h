// SPDX-License-Identifier: Apache-2.0
//
// The socket filter that keeps conntrack events which this probe does not need from waking it: a classic BPF
// program over netlink messages. What passes: answers to dumps and errors; of TCP, the begin and the end of
// every connection, and what happens in between to those whose destination is a mail port. A gateway that
// forwards a gigabit of QUIC costs nothing then. Pure. Attached by the probe's main.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace gatewitness::kernel {

inline constexpr std::size_t kMaxFilterPorts = 64;

// At most kMaxFilterPorts ports; those beyond are left out.
std::vector<sock_filter> conntrack_filter(std::span<const uint16_t> mail_ports);

}  // namespace gatewitness::kernel
