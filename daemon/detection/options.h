// SPDX-License-Identifier: Apache-2.0
//
// Thresholds of the rules, with the defaults of the design's detection page. Ranges are checked where the
// configuration is read.
#pragma once

#include <cstdint>

#include "probes/wire/time.h"

namespace gatewitness {

// R0: direct to a mail exchanger.
struct PolicyOptions {
  bool enabled = true;
  Duration mx_window =
      std::chrono::seconds(60);  // 1 s..1 h; an MX query this shortly before makes it an alarm
};

// R1: burst.
struct BurstOptions {
  bool enabled = true;
  uint32_t short_attempts = 10;                      // 2..100000
  Duration short_window = std::chrono::seconds(60);  // 1 s..1 h
  uint32_t long_attempts = 20;                       // 2..100000
  Duration long_window = std::chrono::seconds(600);  // 10 s..1 d
  uint32_t destinations = 5;                         // 1..1000; distinct ones that the two counts above need
  double surprise = 1e-5;                            // 1e-12..0.1; chance of so many under the learned normal
  double daily_weight = 0.1;                         // 0.001..1; of a day in the learned normal (EWMA)
};

// R3: failed first contacts (Jung et al., "Fast portscan detection using sequential hypothesis testing",
// 2004).
struct FailedContactOptions {
  bool enabled = true;
  double benign_failure = 0.2;                    // 0.001..0.999; below bot_failure
  double bot_failure = 0.8;                       // 0.001..0.999
  double false_alarm = 1e-4;                      // 1e-9..0.1
  Duration no_answer = std::chrono::seconds(10);  // 1 s..75 s; silence for so long is a failure
  uint32_t destinations = 3;                      // 1..1000
  double blocked_share = 0.95;    // 0.5..1; of the home's port-25 attempts: the upstream blocks
  uint32_t blocked_attempts = 5;  // 1..1000; at least so many before that is said
};

struct DetectionOptions {
  PolicyOptions policy;
  BurstOptions burst;
  FailedContactOptions failed_contacts;
  uint32_t smarthost_days = 2;  // 1..30; successes on so many days make a destination a smarthost
};

}  // namespace gatewitness
