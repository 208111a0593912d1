// SPDX-License-Identifier: Apache-2.0
//
// The daemon's line to guard.sock: one request at a time, in order, each with a deadline, and never a wait:
// the loop goes on meanwhile. A request for a guard that is not there is not kept for one that comes later.
// Owned by the daemon's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/guard_desk.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::control {

class GuardLink {
 public:
  using Parts = std::vector<std::vector<uint8_t>>;
  using Clock = std::chrono::steady_clock;

  // Returns at once, whether the guard is there or not. Starts libzmq's threads: after the sandbox.
  static std::expected<GuardLink, std::string> connect(process::ZmqContext& context,
                                                       const std::string& run_dir);

  // caller: who waits for the answer, as ROUTER gave him; empty: nobody. False: too many wait.
  bool ask(GuardDesk::Errand errand, Parts caller, Clock::time_point now);

  struct Done {
    GuardDesk::Errand errand;
    Parts caller;
    std::expected<quarantine::Reply, std::string> reply;
  };
  // Sends, receives, gives up. What is done, in the order in which it was asked.
  std::vector<Done> turn(Clock::time_point now);

  int fd() const { return socket_.fd(); }
  bool readable() const { return socket_.readable(); }
  bool waiting() const { return !queue_.empty(); }

  static constexpr std::size_t kMaxWaiting = 96;             // all quarantines moved at once, and callers
  static constexpr std::chrono::milliseconds kFind{1000};    // until there is a connection
  static constexpr std::chrono::milliseconds kAnswer{3000};  // and then until there is a reply

 private:
  struct Waiting {
    GuardDesk::Errand errand;
    Parts caller;
  };
  explicit GuardLink(process::ZmqSocket socket) : socket_(std::move(socket)) {}
  std::optional<std::expected<quarantine::Reply, std::string>> outcome(Clock::time_point now);

  process::ZmqSocket socket_;
  std::deque<Waiting> queue_;
  bool sent_ = false;           // the first of the queue
  Clock::time_point deadline_;  // of the first of the queue
};

}  // namespace gatewitness::control
