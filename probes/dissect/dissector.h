// SPDX-License-Identifier: Apache-2.0
//
// The whole of this folder behind one door: frames and their times in, records out. Live capture and files
// call exactly this, so the same frames give the same records, always. Owned by one probe's loop (or a
// replay); single-threaded; asks no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "probes/dissect/frame.h"
#include "probes/dissect/smtp_session.h"
#include "probes/wire/records.h"

namespace gatewitness::dissect {

struct DissectorLimits {
  std::size_t flows = 16384;                 // live flows; the least recently active is evicted and counted
  std::size_t talks = 1024;                  // of them with payload, each up to 16 KiB; the same rule
  std::size_t buffered_bytes = 1024 * 1024;  // what it costs to keep bytes that wait, in all flows together
  std::size_t defragmentations = 64;         // IP packets being put together
  std::size_t identity_facts = 8192;  // remembered so that a repeated fact is published only now and then
  Duration flow_idle = std::chrono::minutes(15);        // an established flow without packets is given up
  Duration syn_idle = std::chrono::seconds(75);         // one that was never answered
  Duration closed_linger = std::chrono::seconds(2);     // after FIN/RST, for stragglers
  Duration publish_interval = std::chrono::seconds(5);  // at most this late for changes that are not urgent
  Duration fact_repeat = std::chrono::hours(1);         // an unchanged claim or fact is published again
};

struct DissectorConfig {
  HashKey hash_key{};
  DissectorLimits limits;
  bool use_ndpi = true;
  // Flows to these ports are mail until they say otherwise; on any other port until now they are nothing.
  std::vector<uint16_t> mail_ports = {25, 465, 587, 2525};
  // Frames of each attempt that are published as evidence; 0: none. Beyond frames_per_second of them in all
  // they are counted only.
  uint8_t evidence_frames = 0;
  uint32_t evidence_per_second = 200;
};

// A record with the time it speaks of; the publisher adds probe, epoch and sequence.
struct TimedRecord {
  Timestamp time;
  wire::Record record;
};
using RecordSink = std::function<void(TimedRecord&&)>;

inline constexpr Duration kClockSetBack = std::chrono::minutes(1);

class Dissector {
 public:
  Dissector(DissectorConfig config, RecordSink sink);
  ~Dissector();
  Dissector(Dissector&&) noexcept;
  Dissector& operator=(Dissector&&) noexcept;

  // bytes is what was captured, original_length what was on the wire. Times may step back a little, which the
  // dissector's own time does not follow; further back than kClockSetBack means that somebody set the clock,
  // or another capture begins: every flow ends and time starts anew there.
  void frame(std::string_view interface, LinkType link, Timestamp time, std::span<const uint8_t> bytes,
             uint32_t original_length);
  // Time passes without frames: publishes what is due, gives up idle flows.
  void tick(Timestamp now);
  // When tick wants to be called next, if nothing else happens.
  std::optional<Timestamp> next_deadline() const;
  // End of capture: every flow is finished and published as final.
  void finish(Timestamp now);

  // For ProbeStatus, cumulative unless it says otherwise:
  //   frames, frames_truncated, frames_malformed, frames_not_ip
  //   clock_steps_back (by more than kClockSetBack)
  //   fragments, datagrams_reassembled, datagrams_dropped
  //   flows_opened, flows_evicted (by number or by number of those that talk)
  //   flows_live, flows_talking, bytes_buffered (now; what it costs to keep them)
  //   holes_given_up (flows that had to stop waiting for missing bytes)
  //   segments_retransmitted, segments_conflicting, segments_out_of_window, bytes_lost (of flows that ended)
  //   identity_malformed, identity_over_limit, identity_forgotten
  //   evidence_frames, evidence_frames_skipped (for want of budget)
  std::vector<wire::Counter> counters() const;
  bool is_tracked(const FiveTuple& flow) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatewitness::dissect
