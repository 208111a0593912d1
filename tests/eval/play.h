// SPDX-License-Identifier: Apache-2.0
//
// Plays a home through the real pipeline and, beside it, through every incumbent, and says who spoke when.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/pipeline/options.h"
#include "tests/eval/home.h"

namespace gatewitness::eval {

struct Spoken {
  Timestamp time;  // true time, whatever the home's clock says
  uint32_t device = 0;
  bool alarm = false;  // else a notice
  std::string kind;    // of the incident
};

inline constexpr uint32_t kGatewayDevice = 0xffffffff;

struct Played {
  std::vector<Spoken> spoken;                     // by gatewitness
  std::vector<std::vector<Spoken>> by_incumbent;  // in the order of incumbents(); an hour apart or more
  uint64_t attempts = 0;
};

struct PlayOptions {
  DetectionOptions detection;
  bool with_incumbents = true;
};

Played play(const Home& home, const PlayOptions& options);

}  // namespace gatewitness::eval
