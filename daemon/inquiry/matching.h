// SPDX-License-Identifier: Apache-2.0
//
// Which sessions fit an inquiry, how well, and how sure each device's candidacy is. Private to this folder.
#pragma once

#include <optional>
#include <vector>

#include "daemon/inquiry/scene.h"

namespace gatewitness {

struct Fit {
  const Session* session = nullptr;
  Match match = Match::kTime;
  Duration apart{};  // of the report's time from the session
};

// The gateway's own address outside is private: a translation of the provider's stands between it and the
// world.
bool is_behind_another_nat(const Records& records, const Lan& lan);

// The sessions that fit best: all of the surest kind of match that any has.
std::vector<Fit> fits(const Inquiry& inquiry, const Scene& scene, bool behind_another_nat);

// One candidate a device, likeliest first, each graded by its evidence and by what the match allows.
std::vector<Candidate> candidates_from(const std::vector<Fit>& fits, const Inquiry& inquiry,
                                       const Scene& scene, const TestifyOptions& options, bool complete);

}  // namespace gatewitness
