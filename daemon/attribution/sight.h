// SPDX-License-Identifier: Apache-2.0
//
// What was not seen, and which probes are there to see: gaps that probes report, gaps in their sequence
// numbers, restarts, silence. Owned by the pipeline; the grade of everything that happened in a gap falls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness {

struct KnownGap {
  std::string probe;
  wire::CaptureGap gap;
};

struct ProbeView {
  uint64_t epoch = 0;
  uint64_t next_sequence = 0;
  uint64_t records = 0;
  uint64_t lost = 0;      // numbers missing in its sequence
  uint32_t restarts = 0;  // epochs after the first
  Timestamp last_heard;   // by the daemon's clock
  Timestamp last_time;    // newest time in a header
  bool has_status = false;
  wire::ProbeStatus status;
};

class Sight {
 public:
  static constexpr std::size_t kMaxGaps = 512;
  static constexpr std::size_t kMaxProbes = 16;

  // Every record's header passes here first. False: one probe too many, or a number that was there before;
  // not for use.
  bool heard(const wire::Header& header, Timestamp now);
  void status(const std::string& probe, const wire::ProbeStatus& status);
  void gap(const std::string& probe, const wire::CaptureGap& gap);

  // Gaps that it found itself, in the sequence numbers, since the last call.
  std::vector<KnownGap> take_found() { return std::exchange(found_, {}); }

  // Gaps that concern that stretch of time on that interface.
  std::vector<KnownGap> between(Timestamp from, Timestamp to, const std::string& interface) const;
  bool has_probe_with_bindings() const { return binding_probe_; }
  void note_bindings() { binding_probe_ = true; }

  const std::map<std::string, ProbeView>& probes() const { return probes_; }
  const std::deque<KnownGap>& gaps() const { return gaps_; }
  uint64_t refused() const { return refused_; }

  void put_back(const std::string& name, ProbeView view) { probes_[name] = std::move(view); }

 private:
  std::map<std::string, ProbeView> probes_;
  void find(const std::string& probe, const wire::CaptureGap& gap);

  std::deque<KnownGap> gaps_;  // oldest first
  std::vector<KnownGap> found_;
  uint64_t refused_ = 0;
  bool binding_probe_ = false;
};

}  // namespace gatewitness
