// SPDX-License-Identifier: Apache-2.0
//
// What the states of several rules are saved with. Private to this folder.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/model/saved.h"

#include "daemon/model/device_id.h"
#include "probes/wire/time.h"

namespace gatewitness {

inline nlohmann::json ticks(Timestamp time) {
  return time.time_since_epoch().count();
}
inline Timestamp time_of(const nlohmann::json& value) {
  return Timestamp(Duration(whole<int64_t>(value)));
}
// Throws nlohmann::json::exception, as all reading of a saved state does.
inline DeviceId device_of(const nlohmann::json& value) {
  const auto device = DeviceId::parse(value.get<std::string>());
  if (!device) throw nlohmann::json::other_error::create(501, "a device", nullptr);
  return *device;
}

}  // namespace gatewitness
