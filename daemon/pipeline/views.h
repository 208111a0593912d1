// SPDX-License-Identifier: Apache-2.0
//
// The state as JSON, in the shapes of daemon/control/README.md. Private to this folder.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/pipeline/state.h"
#include "daemon/words/words.h"

namespace gatewitness {

nlohmann::json status_view(const PipelineState& state, Timestamp now);
nlohmann::json device_view(const PipelineState& state, const DeviceId& id, const Device& device);
nlohmann::json devices_view(const PipelineState& state);
nlohmann::json incident_view(const PipelineState& state, const Incident& incident, words::Language in);
nlohmann::json incidents_view(const PipelineState& state, words::Language in);
nlohmann::json explain_view(const PipelineState& state, const Incident& incident, words::Language in);

}  // namespace gatewitness
