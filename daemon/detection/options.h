// SPDX-License-Identifier: Apache-2.0
//
// Thresholds of the rules, as tests/eval chose them. Ranges are checked where the configuration is read.
#pragma once

#include <cstdint>

#include "probes/wire/time.h"

namespace gatewitness {

// R0: direct to a mail exchanger.
struct PolicyOptions {
  bool enabled = true;
  Duration mx_window = std::chrono::seconds(60);  // 1 s..1 h; an MX query this shortly before weighs
  double mx_weight = 3;                           // 0..20; so much, for a server that is new to the device
};

// R1: burst.
struct BurstOptions {
  bool enabled = true;
  uint32_t short_attempts = 10;                      // 2..100000
  Duration short_window = std::chrono::seconds(60);  // 1 s..1 h
  uint32_t long_attempts = 20;                       // 2..100000
  Duration long_window = std::chrono::seconds(600);  // 10 s..1 d
  uint32_t destinations = 5;                         // 1..64; distinct ones that the two counts above need
  double surprise = 1e-5;                            // 1e-12..0.1; chance of so many under the learned normal
  double daily_weight = 0.1;                         // 0.001..1; of a day in the learned normal (EWMA)
  // A mail server is judged by the most that it has sent in a long window.
  uint32_t server_attempts = 10;    // 2..100000; at least so many
  double server_factor = 3;         // 1..100; and so many times that
  uint32_t server_unlearned = 400;  // 2..1000000; and while it is being learned, so many
  uint32_t server_days = 21;        // 1..365 of learning
};

// R2: fan-out, a sequential probability ratio test on whether a server is new to the device.
struct FanOutOptions {
  bool enabled = true;
  double benign_new = 0.05;                       // 0.001..0.999; below bot_new
  double bot_new = 0.7;                           // 0.001..0.999
  Duration memory = std::chrono::hours(24 * 30);  // 1 d..365 d; unseen for so long, a server is new again
};

// R3: failed first contacts (Jung et al., "Fast portscan detection using sequential hypothesis testing",
// 2004).
struct FailedContactOptions {
  bool enabled = true;
  double benign_failure = 0.2;                    // 0.001..0.999; below bot_failure
  double bot_failure = 0.8;                       // 0.001..0.999
  double false_alarm = 1e-4;                      // 1e-9..0.1
  Duration no_answer = std::chrono::seconds(10);  // 1 s..75 s; silence for so long is a failure
  uint32_t destinations = 3;                      // 1..32
  double blocked_share = 0.95;    // 0.5..1; of the home's port-25 attempts: the upstream blocks
  uint32_t blocked_attempts = 5;  // 1..1000; at least so many before that is said
};

// R4: logins that are not the owner's, on the submission ports and with AUTH on 25.
struct CredentialOptions {
  bool enabled = true;
  uint32_t identities = 4;           // 2..16; names, logins or sender domains at one provider in a day
  uint32_t providers = 6;            // 2..32; first contacts in a day
  uint32_t appliance_providers = 3;  // 1..32; the same for a TV, a camera, ...
  uint32_t refused_logins = 10;      // 2..100; within refused_window, at two providers
  uint32_t refused_at_one = 18;      // 2..100; or at one
  // 10..10000; sessions in an hour that are a notice, where it never had a quarter of it
  uint32_t bulk = 50;
  Duration refused_window = std::chrono::minutes(10);  // 10 s..1 d
  Duration short_session = std::chrono::seconds(8);    // 1 s..1 min; under TLS a session so short ...
  uint32_t short_bytes = 1500;  // 500..100000; ... that sent no more than this carried no mail
};

// R5: refusals.
struct RefusalOptions {
  bool enabled = true;
  double weight = 1;          // 0..20; of a message that is refused
  double list_weight = 1.5;   // 0..20; of a refusal that names a block list
  double benign_share = 0.1;  // 0.001..0.999; refused of a mail server's messages, below bot_share
  double bot_share = 0.5;     // 0.001..0.999
};

// R6: dialect. R7: MX queries. Rhythm. None of them speaks alone.
struct SupportOptions {
  bool dialect = true;
  bool mx_queries = true;
  bool rhythm = true;
  uint32_t mx_names = 3;  // 2..64; distinct ones in a day
};

// Mail that comes in and goes out again in step.
struct RelayOptions {
  bool enabled = true;
  Duration step = std::chrono::seconds(10);  // 1 s..10 min
  uint32_t destinations = 5;                 // 1..16
};

// Connections to many hosts on several mail ports, without a mail.
struct ScanOptions {
  bool enabled = true;
  uint32_t hosts = 5;  // 2..32
  uint32_t ports = 3;  // 2..4
};

// All terms of a device, summed up.
struct AccountOptions {
  bool enabled = true;                               // false: each rule alarms for itself
  double false_alarm = 1e-4;                         // 1e-9..0.1
  Duration half_life = std::chrono::hours(24 * 14);  // 1 h..365 d
};

struct DetectionOptions {
  PolicyOptions policy;
  BurstOptions burst;
  FanOutOptions fan_out;
  FailedContactOptions failed_contacts;
  CredentialOptions credentials;
  RefusalOptions refusals;
  SupportOptions support;
  RelayOptions relay;
  ScanOptions scan;
  AccountOptions account;
  uint32_t smarthost_days = 2;  // 1..30; successes on so many days make a destination a smarthost
};

}  // namespace gatewitness
