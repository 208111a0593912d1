// SPDX-License-Identifier: Apache-2.0
//
// What the kernel's connection tracking did, told as bindings: events and dumps in, records out. Mail ports
// are announced at once; other TCP connections wait, silently and bounded, for the case that the capture
// probe recognises mail on them (a hint). Pure: time is an argument. Owned by the probe's loop.
//
// Told of a binding: when it is first seen; when it is answered, assured, offloaded or closed by a reset;
// when it ends. `started` never changes once it was told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>

#include "probes/kernel/conntrack_entry.h"
#include "probes/wire/records.h"

namespace gatewitness::kernel {

struct BindingLimits {
  std::size_t told = 16384;    // live bindings that were told; the oldest is no longer followed
  std::size_t waiting = 4096;  // other connections, live and ended; ended ones go first, then the oldest
  std::size_t hints = 256;     // for connections that are not known yet; the oldest goes
  Duration hint_life = std::chrono::seconds(60);
};

struct BindingCounters {
  uint64_t told = 0;              // records made
  uint64_t told_evicted = 0;      // live bindings no longer followed: their end will not be told
  uint64_t waiting_evicted = 0;   // connections that a late hint will not find
  uint64_t hints = 0;             // hints for TCP connections
  uint64_t hints_unanswered = 0;  // hints that never met their connection
};

class BindingTable {
 public:
  // mail_port: whether a destination port is mail wherever it goes. is_own: whether an address is one of the
  // gateway's own at this moment. emit: one record, with the time that it speaks of.
  using MailPort = std::function<bool(uint16_t)>;
  using IsOwn = std::function<bool(const IpAddress&)>;
  using Emit = std::function<void(Timestamp, const wire::Binding&)>;
  BindingTable(const BindingLimits& limits, MailPort mail_port, IsOwn is_own, Emit emit);

  void event(ConntrackEvent event, const ConntrackEntry& entry, Timestamp now);

  // Mail was seen on this connection (either direction first). True: it is known. False: kept, and answered
  // as soon as the connection shows up in an event or a dump. started: when the flow began, so that an
  // earlier connection of the same tuple is not taken for it.
  bool hint(const FiveTuple& flow, Timestamp started, Timestamp now);
  // Forgets hints that stayed without a connection.
  void tick(Timestamp now);

  // Around a dump. What it did not mention, and no event since its begin, has ended; when, nobody saw: at
  // `now`. A begin without an end (the dump failed) changes nothing.
  void begin_dump() { ++generation_; }
  void end_dump(Timestamp now);

  // Whether something told is still live: its end may have been missed, so a dump is worth its cost.
  bool has_live() const { return !told_.empty(); }
  std::size_t live() const { return told_.size(); }
  std::size_t waiting() const { return waiting_.size() + ended_.size(); }
  std::size_t pending_hints() const { return hints_.size(); }
  const BindingCounters& counters() const { return counters_; }

 private:
  struct Connection {
    wire::Binding binding;
    uint16_t zone = 0;
    bool told = false;
    uint64_t generation = 0;  // of the newest dump or event that spoke of it
  };
  using Connections = std::list<Connection>;
  using Place = Connections::iterator;
  struct PendingHint {
    FiveTuple flow;
    Timestamp until;
  };

  std::optional<Place> find_live(const ConntrackEntry& entry) const;
  std::optional<Place> find_hinted(const FiveTuple& flow, Timestamp started) const;
  Connections& live_list(const Connection& connection) { return connection.told ? told_ : waiting_; }
  bool take_hint(const FiveTuple& flow);
  void add(ConntrackEvent event, const ConntrackEntry& entry, Timestamp now);
  void end(Place place, Timestamp when);
  void tell(Place place, Timestamp now);
  void emit(const Connection& connection, Timestamp time);
  void make_room();
  void forget(Connections& list, Place place);

  BindingLimits limits_;
  MailPort mail_port_;
  IsOwn is_own_;
  Emit emit_;
  uint64_t generation_ = 0;
  // Each with the oldest in front. A place stays valid while its connection moves from list to list.
  Connections told_;     // live
  Connections waiting_;  // live, not told
  Connections ended_;    // told or not
  std::unordered_multimap<FiveTuple, Place> by_inside_;
  std::list<PendingHint> hints_;
  BindingCounters counters_;
};

}  // namespace gatewitness::kernel
