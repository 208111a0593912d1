// SPDX-License-Identifier: Apache-2.0
//
// The gateway's own key, with which its evidence files are signed: made at the first start, kept in the state
// folder for its user only. WORLD.
#pragma once

#include <expected>
#include <string>

#include "daemon/evidence/digest.h"

namespace gatewitness::control {

// Reads STATE_DIR/signing.key, or makes it where there is none. One that is damaged, or that others can read,
// is never replaced: what was signed with it must stay checkable. The error is one line.
std::expected<evidence::SigningKey, std::string> signing_key(const std::string& state_dir);

}  // namespace gatewitness::control
