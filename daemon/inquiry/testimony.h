// SPDX-License-Identifier: Apache-2.0
//
// The answer to an inquiry: which device, how sure, on what grounds; what else is possible; who is cleared
// and why that can be said; and what was not being watched. Values; texts are raw where they come from the
// wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/attribution/evidence.h"
#include "daemon/identity/identity.h"
#include "daemon/identity/links.h"
#include "daemon/inquiry/inquiry.h"
#include "daemon/inquiry/records.h"

namespace gatewitness {

// What tied the report to a connection, the surest first.
enum class Match : uint8_t {
  kQueueId = 0,      // the receiver's own number of the mail, read in the session
  kFiveTuple = 1,    // public address, its port, and the receiver
  kPublicPort = 2,   // public address and its port
  kSamePort = 3,     // no binding is known; the inside port is the port asked for
  kDestination = 4,  // the receiver and the time
  kTime = 5,         // the time alone
};
std::string_view to_string(Match match);

struct Profile {
  DeviceId device;
  std::string name;                    // the owner's word first; "" if nobody named it
  std::string device_class;            // "" if unknown
  std::string vendor;                  // "" if unknown
  std::vector<Reason> reasons;         // for these three
  std::vector<Reason> contradictions;  // facts that say otherwise
  std::optional<Link> link;            // of a made-up MAC: which earlier device it may be
};

struct Evidence {
  Timestamp time;
  std::string source;  // "conntrack", "frame", "dhcp", "smtp", ...
  std::string text;
};

struct Candidate {
  Profile profile;
  std::string address;  // of the device at that time; "" if not known
  Match match = Match::kTime;
  Graded graded;
  AttemptEvidence session;  // the one that fits best
  uint32_t sessions = 1;    // of this device that fit as well as it does
  Timestamp began, ended;   // of the session, as far as known
  Duration apart{};         // the report's time lies this far outside it; 0: inside, or no time was given
  std::vector<Evidence> evidence;
  std::vector<std::string> speaks_for;
  std::vector<std::string> speaks_against;
};

struct Bystander {
  Profile profile;
  bool cleared = false;
  std::string why;
};

struct Testimony {
  enum class Verdict : uint8_t { kNamed, kSeveral, kNobody };
  Verdict verdict = Verdict::kNobody;
  std::vector<Candidate> candidates;  // likeliest first
  std::vector<Bystander> others;
  std::size_t others_unlisted = 0;
  std::optional<Timestamp> from, to;  // where it was looked
  std::vector<std::string> watched;   // what was being recorded then, and what was not
  std::vector<KnownGap> gaps;
  std::vector<std::string> notes;  // of the public address, of the provider's own translation, of limits
};

struct TestifyOptions {
  NetworkOptions network;
  AttributionOptions attribution;
  IdentityOptions identity;
};

// Nothing here is asked of a clock: the same question and records give the same answer.
Testimony testify(const Inquiry& inquiry, const Records& records, const TestifyOptions& options);

// The stretch of time to read for an inquiry about a moment: its clock's error, and what came shortly before.
struct Stretch {
  Timestamp from, to;
};
Stretch stretch_for(const Inquiry& inquiry, Timestamp moment);
// The part of it in which a connection that fits must lie.
Stretch traffic_for(const Inquiry& inquiry, Timestamp moment);

}  // namespace gatewitness
