// SPDX-License-Identifier: Apache-2.0
//
// The guard's loop: requests from ROUTER, changes of the ruleset, ends of quarantines, signals. Called by
// main once everything is open and locked away.
#pragma once

#include <expected>
#include <string>

#include "daemon/guard/keeper.h"
#include "probes/process/signals.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::guard {

struct Sockets {
  process::ZmqSocket requests;
  process::ZmqSocket refusals;  // a message for each connection of another user
};

// Binds guard.sock in the folder, for processes of this one's own user alone: the daemon.
std::expected<Sockets, std::string> bind_sockets(process::ZmqContext& context, const std::string& run_dir);

// Until a signal that asks to stop. The table stays.
void run_loop(Keeper& keeper, Sockets& sockets, process::SignalQueue& signals, const process::Log& log);

}  // namespace gatewitness::guard
