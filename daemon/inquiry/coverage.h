// SPDX-License-Identifier: Apache-2.0
//
// What was being watched in a stretch of time, and whom that clears. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "daemon/inquiry/scene.h"

namespace gatewitness {

struct Coverage {
  bool complete = false;             // the capture ran throughout and lost nothing that is known
  std::vector<std::string> watched;  // for people
  std::vector<KnownGap> gaps;
};

Coverage coverage(const Records& records, Timestamp from, Timestamp to);

// Everybody else that was there.
std::vector<Bystander> bystanders(const Scene& scene, const std::vector<Candidate>& candidates,
                                  const Coverage& coverage, Timestamp from, Timestamp to);

}  // namespace gatewitness
