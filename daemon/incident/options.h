// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "probes/wire/time.h"

namespace gatewitness {

struct IncidentOptions {
  Duration quiet = std::chrono::hours(1);        // 1 min..30 d; without news an incident closes
  Duration reopen = std::chrono::hours(24 * 7);  // 0..365 d; closed for less, the same incident opens again
  Duration silence = std::chrono::seconds(35);   // 5 s..1 h; a probe unheard for so long is silent
  std::size_t incidents = 512;                   // 16..65536 kept; the oldest closed one goes, no open one
  std::size_t attempts = 64;                     // 4..1024 kept per incident; the newest, and the first
};

}  // namespace gatewitness
