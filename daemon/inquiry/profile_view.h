// SPDX-License-Identifier: Apache-2.0
//
// What a testimony and a clearance have in common, as JSON (daemon/control/README.md). Private to this
// folder.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "daemon/inquiry/testimony.h"

namespace gatewitness {

// {id, mac, name, class, vendor}
nlohmann::json profile_view(const Profile& profile);
// {reasons, contradictions, link}: how its name, class and vendor are known
nlohmann::json identity_view(const Profile& profile);
// [{from, to, reason, probe, count}]
nlohmann::json gaps_view(const std::vector<KnownGap>& gaps);

}  // namespace gatewitness
