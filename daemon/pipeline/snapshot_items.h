// SPDX-License-Identifier: Apache-2.0
//
// What a snapshot holds, one by one, and back. Records from the wire are kept in their wire form, so that
// they have one encoding; everything else is plain JSON. Reading throws nlohmann::json::exception, or
// std::bad_optional_access for an address that is none. Private to this folder.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "daemon/pipeline/state.h"
#include "probes/wire/codec.h"

namespace gatewitness::snapshot {

nlohmann::json record(wire::Record value);
template <typename T>
T record_from(const nlohmann::json& value) {
  auto decoded = wire::decode(value.get_binary());
  if (!decoded || !std::holds_alternative<T>(decoded->record))
    throw nlohmann::json::other_error::create(501, "a record", nullptr);
  return std::get<T>(std::move(decoded->record));
}

nlohmann::json key(const AttemptKey& key);
AttemptKey key_from(const nlohmann::json& value);
nlohmann::json tenure(const Tenure& tenure);
Tenure tenure_from(const nlohmann::json& value);
nlohmann::json gap(const KnownGap& known);
KnownGap gap_from(const nlohmann::json& value);
nlohmann::json evidence(const AttemptEvidence& evidence);
AttemptEvidence evidence_from(const nlohmann::json& value);
nlohmann::json device(const DeviceId& id, const Device& device);
void put_device(const nlohmann::json& value, PipelineState& state);
nlohmann::json probe(const std::string& name, const ProbeView& probe);
void put_probe(const nlohmann::json& value, PipelineState& state);
nlohmann::json incident(const Incident& incident);
Incident incident_from(const nlohmann::json& value);

}  // namespace gatewitness::snapshot
