// SPDX-License-Identifier: Apache-2.0
//
// The rows and frames that some connections rest on, for an evidence file: the connections themselves, who
// had their addresses, what their devices said of themselves, and what was being watched and what was missed
// meanwhile. Private to this folder.
#pragma once

#include <expected>
#include <vector>

#include "daemon/attribution/evidence.h"
#include "daemon/evidence/bundle.h"
#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

inline constexpr std::size_t kMaxEvidenceRows = 2048;
inline constexpr std::size_t kMaxEvidenceFrames = 4096;

// Material without its statement.
std::expected<evidence::Material, SqlError> material_for(Database& database,
                                                         const std::vector<AttemptEvidence>& connections);

}  // namespace gatewitness::journal
