// SPDX-License-Identifier: Apache-2.0
//
// Keeps the binding table true to the kernel: reads events, asks for dumps (at the start, after a loss, when
// a hint met nothing, and now and then while something lives), and says when events were lost. Owned by the
// probe's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "probes/kernel/binding_table.h"
#include "probes/kernel/netlink_socket.h"
#include "probes/kernel/requester.h"

namespace gatewitness::kernel {

using SteadyTime = std::chrono::steady_clock::time_point;

struct ConntrackCounters {
  uint64_t messages = 0;      // netlink messages read
  uint64_t passed_over = 0;   // of them, not about a TCP connection or not well-formed
  uint64_t losses = 0;        // times that the kernel had no room
  uint64_t lost = 0;          // events lost, as far as the kernel counts them
  uint64_t dumps = 0;         // completed
  uint64_t dumps_failed = 0;  // refused, interrupted, or never answered
};

class ConntrackFeed {
 public:
  // One gap: events may be missing from `from` to `to`; count of them, 0 if not known.
  using Gap = std::function<void(Timestamp from, Timestamp to, uint64_t count)>;
  ConntrackFeed(NetlinkSocket socket, Requester requester, BindingTable& table, std::chrono::seconds review,
                Gap gap);

  int fd() const { return socket_.fd(); }
  int requester_fd() const { return requester_.fd(); }

  // The first dump, at a time when the gateway's own addresses are known.
  void start(Timestamp now, SteadyTime steady);
  // Reads what waits. False: the socket is of no use any more.
  bool read(Timestamp now, SteadyTime steady);
  // A hint met nothing: look for it, but not too often.
  void look_again() { hint_waits_ = true; }
  // Asks for what is due. False: nobody is left to ask.
  bool tick(Timestamp now, SteadyTime steady);
  // When tick has something to do without being woken.
  SteadyTime next_deadline() const;
  // A loss that is not over yet is told up to now.
  void report_loss(Timestamp now);

  const ConntrackCounters& counters() const { return counters_; }
  bool dumping() const { return dumping_; }

 private:
  void message(const nlmsghdr* message, Timestamp now, SteadyTime steady);
  void finish_dump(const nlmsghdr* message, Timestamp now, SteadyTime steady);
  void fail_dump(SteadyTime steady);
  bool due(SteadyTime steady) const;

  NetlinkSocket socket_;
  Requester requester_;
  BindingTable& table_;
  std::chrono::seconds review_;
  Gap gap_;
  bool wanted_ = false;
  bool dumping_ = false;
  bool lossy_ = false;  // events were lost, and the queue was not empty since
  bool hint_waits_ = false;
  Timestamp complete_until_;  // up to here nothing is missing
  SteadyTime heard_;          // when the running dump was asked for, or last answered
  SteadyTime not_before_;     // a dump that failed is not repeated at once
  SteadyTime dumped_;         // the last one's end
  ConntrackCounters counters_;
};

// What the requester sends: everything, IPv4 and IPv6, and no counter is reset by it.
std::vector<uint8_t> conntrack_dump_request();

}  // namespace gatewitness::kernel
