// SPDX-License-Identifier: Apache-2.0
//
// One incident: a device and a kind, from its opening to its close, with the verdicts and attempts that it
// rests on. A value.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/attribution/evidence.h"
#include "daemon/model/verdict.h"

namespace gatewitness {

// Why the gateway does not see, of a kBlind one. Saved by number: only append.
enum class Blindness : uint8_t {
  kSilent = 0,   // a probe is not heard any more
  kDrops = 1,    // it lost some of what passed
  kOffload = 2,  // mail is forwarded past it: no exemption from flow offload holds
  kJournal = 3,  // what is seen cannot be kept
  kFull = 4,     // devices have no incident of their own: as many as are kept are open
};
inline constexpr std::size_t kBlindnessCauses = 5;
constexpr std::string_view to_string(Blindness cause) {
  constexpr std::string_view kNames[] = {"silent", "drops", "offload", "journal", "full"};
  return kNames[static_cast<std::size_t>(cause) % kBlindnessCauses];
}

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
  std::string probe;                         // kBlind: which probe cannot see
  Blindness blindness = Blindness::kSilent;  // kBlind: why
  Timestamp noted;                           // kBlind: when it was last told that it goes on
  std::vector<Verdict> verdicts;             // the newest of each (rule, ground)
  std::vector<AttemptEvidence> attempts;     // the first and the newest, capped
  uint64_t attempts_counted = 0;
  Timestamp cut;  // attempts from up to this time that are not kept any more have been counted
  std::set<Prefix> destinations;  // at most kMaxDestinations
  bool at_least = false;          // destinations or message counts were cut

  static constexpr std::size_t kMaxDestinations = 256;
  static constexpr std::size_t kMaxVerdicts = 8;
};

}  // namespace gatewitness
