// SPDX-License-Identifier: Apache-2.0
//
// The loop of gatewitness-kernel: waits for the kernel, for hints and for a signal, feeds the tables,
// publishes what they say and how the probe is. Called by main after all rights are gone.
#pragma once

#include <optional>
#include <string>

#include "probes/kernel/lease_feed.h"
#include "probes/kernel/netlink_socket.h"
#include "probes/kernel/probe_options.h"
#include "probes/kernel/requester.h"
#include "probes/process/log.h"
#include "probes/process/publisher.h"
#include "probes/process/signals.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::kernel {

struct ProbeParts {
  const ProbeOptions& options;
  const process::Log& log;
  process::SignalQueue& signals;
  process::Publisher& publisher;
  std::optional<process::ZmqSocket>& hints;
  LeaseFeed& leases;
  bool sandboxed = false;
  std::string note;
};

// Until a signal comes. The exit status that parse_options documents.
int run_loop(const ProbeParts& parts, NetlinkSocket conntrack, NetlinkSocket route, Requester requester);

}  // namespace gatewitness::kernel
