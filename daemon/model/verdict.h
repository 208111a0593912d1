// SPDX-License-Identifier: Apache-2.0
//
// What a rule concluded, with the figures that it rests on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/model/device_id.h"
#include "probes/wire/time.h"

namespace gatewitness {

enum class Severity : uint8_t { kNotice = 0, kAlarm = 1 };
constexpr std::string_view to_string(Severity severity) {
  return severity == Severity::kAlarm ? "alarm" : "notice";
}

// Why an incident exists; one open incident per device and kind.
enum class Kind : uint8_t {
  kDirectToMx = 0,
  kBurst = 1,
  kFailedContacts = 2,
  kGatewaySends = 3,
  kBlind = 4,
  kCredentialAbuse = 5,  // logins that are not the owner's
  kTakenOver = 6,        // an enrolled mail server that sends what nobody wants
  kRelay = 7,            // mail comes in from outside and goes out again
  kScan = 8,             // looks for mail servers, sends nothing
  kBulk = 9,             // many mails through a provider: a newsletter, or a stolen login
};
inline constexpr uint8_t kKinds = 10;
std::string_view to_string(Kind kind);

// The rules, in the order in which an account lists their shares. Saved by number: only append.
enum class RuleId : uint8_t {
  kPolicy = 0,
  kBurst = 1,
  kFanOut = 2,
  kFailedContacts = 3,
  kCredentials = 4,
  kRefusals = 5,
  kDialect = 6,
  kMxQueries = 7,
  kRhythm = 8,
  kRelay = 9,
  kScan = 10,
  kSenders = 11,  // many sender domains on port 25, R4's sister
  kAccount = 12,  // all of them together
};
inline constexpr std::size_t kRules = 13;
std::string_view to_string(RuleId rule);  // "R0 policy", ...

// What made a rule speak.
enum class Ground : uint8_t {
  kNone = 0,
  kAppliance = 1,
  kMxQuery = 2,
  kShortWindow = 3,
  kLongWindow = 4,
  kOverNormal = 5,
  kBlockedUpstream = 6,
  kAskMailServer = 7,  // a notice that carries a question to the owner
  kAskSmarthost = 8,
  kIdentities = 9,  // R4: one device, many logins
  kProviders = 10,  // R4: many providers
  kLogins = 11,     // R4: logins that are refused
};

// What one rule contributed to an account, as a log-likelihood ratio in nats.
struct Share {
  RuleId rule = RuleId::kPolicy;
  double weight = 0;
  uint32_t count = 0;  // of observations that it rests on
};

// Attempts that come at the same times of each day.
struct Rhythm {
  std::vector<uint32_t> phases_min;  // minutes after midnight UTC, in order; empty: no rhythm is known
  uint32_t days = 0;                 // on which they were seen
  double chance = 1;                 // that a sender without a rhythm looks like that
};

struct Verdict {
  RuleId rule = RuleId::kPolicy;
  DeviceId device;
  Kind kind = Kind::kDirectToMx;
  Severity severity = Severity::kNotice;
  Ground ground = Ground::kNone;
  Timestamp time;             // of the attempt that decided
  uint32_t count = 0;         // attempts or failures counted
  uint32_t limit = 0;         // from which the rule speaks; 0: a score decides
  uint32_t destinations = 0;  // distinct ones among them
  Duration window{};          // in which they were counted; 0: no window
  double normal = 0;          // R1: attempts per window that the device has learned as normal
  double score = 0;           // of the account, or of a rule's sequential test
  double bound = 0;           // from which the score is an alarm
  std::vector<Share> shares;  // of the account, the heaviest first
  Rhythm rhythm;
};

}  // namespace gatewitness
