// SPDX-License-Identifier: Apache-2.0
//
// One incident: a device and a kind, from its opening to its close, with the verdicts and attempts that it
// rests on. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/attribution/evidence.h"
#include "daemon/model/verdict.h"

namespace gatewitness {

struct Incident {
  uint64_t number = 0;
  DeviceId device;  // gateway for a home-wide one too
  Kind kind = Kind::kDirectToMx;
  Severity severity = Severity::kNotice;
  bool open = true;
  Timestamp opened;
  Timestamp updated;
  std::optional<Timestamp> closed;
  uint32_t revision = 0;
  std::string probe;                      // kBlind: which probe cannot see
  std::vector<Verdict> verdicts;          // the newest of each (rule, ground)
  std::vector<AttemptEvidence> attempts;  // the first and the newest, capped
  uint64_t attempts_counted = 0;
  Timestamp cut;  // attempts from up to this time that are not kept any more have been counted
  std::set<Prefix> destinations;  // at most kMaxDestinations
  bool at_least = false;          // destinations or message counts were cut

  static constexpr std::size_t kMaxDestinations = 256;
  static constexpr std::size_t kMaxVerdicts = 8;
};

}  // namespace gatewitness
