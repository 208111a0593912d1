// SPDX-License-Identifier: Apache-2.0
//
// Keeps the neighbourhood true to the kernel: asks for interfaces, addresses and neighbours at the start and
// after a loss (rtnetlink asks no rights for that), reads changes, and says when some were lost. Owned by the
// probe's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "probes/kernel/conntrack_feed.h"
#include "probes/kernel/neighbourhood.h"
#include "probes/kernel/netlink_socket.h"

namespace gatewitness::kernel {

struct RouteCounters {
  uint64_t messages = 0;
  uint64_t losses = 0;
  uint64_t lost = 0;
  uint64_t dumps = 0;  // of all three tables
  uint64_t dumps_failed = 0;
};

class RouteFeed {
 public:
  RouteFeed(NetlinkSocket socket, Neighbourhood& neighbourhood, ConntrackFeed::Gap gap);

  int fd() const { return socket_.fd(); }
  void start(Timestamp now, SteadyTime steady);
  // False: the socket is of no use any more.
  bool read(Timestamp now, SteadyTime steady);
  void tick(SteadyTime steady);
  SteadyTime next_deadline() const;

  // The gateway's own addresses are known: the first dump is complete.
  bool ready() const { return counters_.dumps > 0; }
  const RouteCounters& counters() const { return counters_; }

 private:
  void message(const nlmsghdr* message, Timestamp now, SteadyTime steady);
  void step_done(const nlmsghdr* message, Timestamp now, SteadyTime steady);
  void fail_dump(SteadyTime steady);
  void ask(SteadyTime steady);

  NetlinkSocket socket_;
  Neighbourhood& neighbourhood_;
  ConntrackFeed::Gap gap_;
  uint32_t step_ = 0;  // of the dump, from 1; also the sequence number of its request; 0: none runs
  bool wanted_ = false;
  bool lossy_ = false;
  Timestamp complete_until_;
  SteadyTime heard_;
  SteadyTime not_before_;
  RouteCounters counters_;
};

}  // namespace gatewitness::kernel
