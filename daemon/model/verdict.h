// SPDX-License-Identifier: Apache-2.0
//
// What a rule concluded, with the figures that it rests on.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/model/device_id.h"
#include "probes/wire/time.h"

namespace gatewitness {

enum class Severity : uint8_t { kNotice = 0, kAlarm = 1 };
constexpr std::string_view to_string(Severity severity) {
  return severity == Severity::kAlarm ? "alarm" : "notice";
}

// Why an incident exists; one open incident per device and kind.
enum class Kind : uint8_t { kDirectToMx = 0, kBurst = 1, kFailedContacts = 2, kGatewaySends = 3, kBlind = 4 };
inline constexpr uint8_t kKinds = 5;
std::string_view to_string(Kind kind);

// What made a policy verdict an alarm.
enum class Ground : uint8_t {
  kNone = 0,
  kAppliance = 1,
  kMxQuery = 2,
  kShortWindow = 3,
  kLongWindow = 4,
  kOverNormal = 5,
  kBlockedUpstream = 6
};

struct Verdict {
  std::string_view rule;  // "R0 policy", ...: a literal
  DeviceId device;
  Kind kind = Kind::kDirectToMx;
  Severity severity = Severity::kNotice;
  Ground ground = Ground::kNone;
  Timestamp time;             // of the attempt that decided
  uint32_t count = 0;         // attempts or failures counted
  uint32_t limit = 0;         // from which the rule speaks
  uint32_t destinations = 0;  // distinct ones among them
  Duration window{};          // in which they were counted; 0: no window
  double normal = 0;          // R1: attempts per window that the device has learned as normal
};

}  // namespace gatewitness
