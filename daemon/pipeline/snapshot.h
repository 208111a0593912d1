// SPDX-License-Identifier: Apache-2.0
//
// The state as pieces of CBOR and back, versioned. Private to this folder.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "daemon/pipeline/state.h"

namespace gatewitness {

inline constexpr uint32_t kSnapshotVersion = 3;

// Puts the state behind what is there already.
void save_state(const PipelineState& state, std::vector<uint8_t>& to);
// state: fresh, with the same options.
std::expected<void, std::string> restore_state(std::span<const uint8_t> snapshot, PipelineState& state);

}  // namespace gatewitness
