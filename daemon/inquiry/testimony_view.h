// SPDX-License-Identifier: Apache-2.0
//
// A testimony as JSON, in the shape of daemon/control/README.md: what the control socket answers and --json
// prints.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/inquiry/testimony.h"

namespace gatewitness {

nlohmann::json to_json(const Testimony& testimony, const Inquiry& inquiry);

}  // namespace gatewitness
