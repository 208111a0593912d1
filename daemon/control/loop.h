// SPDX-License-Identifier: Apache-2.0
//
// The daemon's loop: records from PULL, requests from ROUTER, the event stream to PUB, signals. One "now" per
// turn; deadlines are asked for, not guessed. Called by main once everything is open and locked away.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "daemon/config/config.h"
#include "daemon/control/guard_link.h"
#include "daemon/control/witness.h"
#include "probes/process/log.h"
#include "probes/process/signals.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::control {

struct Sockets {
  process::ZmqSocket records;
  process::ZmqSocket requests;
  process::ZmqSocket events;
  std::optional<GuardLink> guard;  // if it is enabled
};

// Binds records.sock, control.sock and events.sock in the folder, and connects to guard.sock if there shall
// be one. Starts libzmq's threads: after the sandbox.
std::expected<Sockets, std::string> bind_sockets(process::ZmqContext& context, const std::string& run_dir,
                                                 bool guard);

// Until a signal that asks to stop; takes in what has arrived by then, and saves.
void run_loop(Witness& witness, Sockets& sockets, process::SignalQueue& signals,
              const config::MetricsConfig& metrics, const process::Log& log);

}  // namespace gatewitness::control
