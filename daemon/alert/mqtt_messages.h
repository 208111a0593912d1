// SPDX-License-Identifier: Apache-2.0
//
// What Home Assistant is told over MQTT: who there is to see (discovery, retained), how it is (state,
// retained), what happened (an event). PURE. One device "gatewitness" with a problem sensor, a count of open
// incidents and an event, and one for each device of the home that an incident speaks of, with a problem
// sensor of its own.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "daemon/alert/alert.h"

namespace gatewitness::alert {

// Topic -> payload, to be published retained. "": remove.
using Retained = std::map<std::string, std::string>;

inline constexpr const char* kMqttRoot = "gatewitness";
inline constexpr std::size_t kMaxMqttDevices = 64;

std::string availability_topic();  // "online" or "offline", retained; the broker says the latter (last will)
std::string event_topic();         // not retained: an event is no state

// Of the "incidents" that the control socket gives: the open ones of at most kMaxMqttDevices devices are
// shown, and those that had one and have it no more.
Retained announcements(std::string_view discovery, const nlohmann::json& incidents,
                       words::Language in = words::Language::kEnglish);
Retained states(const nlohmann::json& incidents);
std::string event_payload(const Alert& alert, std::string_view message);

// "02:00:5e:10:00:01" -> "02005e100001": what may stand in a topic and an id, [a-z0-9_], at most 32.
std::string topic_part(std::string_view device_id);

}  // namespace gatewitness::alert
