// SPDX-License-Identifier: Apache-2.0
//
// One try to hand over mail as the simulator plans it: what the device does and what the server answers. The
// truth from which records (records.h) and frames (frames.h) are made alike. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "probes/wire/attempt.h"

namespace gatewitness::eval {

enum class Fate : uint8_t { kSilent, kRefused, kTalks };

// Where a refused session stops.
enum class Stop : uint8_t { kNowhere, kGreeting, kAuth, kRecipient, kContent };

struct Session {
  Timestamp start;
  uint32_t device = 0;  // index in the home; the one from which it goes out, or to which it comes in
  bool inbound = false;
  bool bad = false;  // the truth: a sender's
  bool from_gateway = false;
  uint32_t behind = 0;  // which address of several behind the device's MAC; 0: its own
  IpAddress server;     // the far side, also of an inbound one
  uint16_t port = 25;
  Fate fate = Fate::kTalks;
  wire::Tls tls = wire::Tls::kNone;
  bool starttls_offered = true;
  std::string banner;
  std::string ehlo;
  std::string sni;
  std::string sender_domain;
  uint64_t sender = 0;  // who, in place of the hash
  uint32_t recipients = 1;
  uint32_t messages = 1;  // 0: no transaction at all
  uint64_t identity = 0;  // login name; 0: no AUTH
  bool auth_refused = false;
  Stop stop = Stop::kNowhere;
  wire::Refusal refusal = wire::Refusal::kOther;
  uint16_t code = 550;
  std::string list;
  uint32_t dialect = 0;
  uint64_t body_bytes = 3000;
  double seconds = 2;  // from SYN to the end
};

}  // namespace gatewitness::eval
