// SPDX-License-Identifier: Apache-2.0
//
// The daemon's answers (daemon/control/README.md) in words for a person. Values in, text out; every text that
// may have come from the wire is escaped here. Used by the queries, by watch and by replay's report. A value
// of another shape than documented makes nlohmann::json throw: main says so.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "daemon/cli/layout.h"

namespace gatewitness::cli {

std::string render_status(const nlohmann::json& status, const Style& style);
std::string render_device(const nlohmann::json& device, const Style& style);
std::string render_devices(const nlohmann::json& devices, const Style& style);
std::string render_incidents(const nlohmann::json& incidents, const Style& style);
std::string render_explanation(const nlohmann::json& explanation, const Style& style);
// A testimony (daemon/control/README.md), with the report that asked for it, if there was one.
std::string render_testimony(const nlohmann::json& testimony, const Style& style);
std::string render_clearance(const nlohmann::json& clearance, const Style& style);
// What `blocked` answers.
std::string render_quarantines(const nlohmann::json& answer, const Style& style);
// The report of a replay (daemon/replay/replayer.h).
std::string render_replay(const nlohmann::json& report, const Style& style);
// One line of the event stream, without line break; "" for what a person need not see.
std::string render_event(const nlohmann::json& event, const Style& style);

// "2026-11-24T12:03:11.000250Z" → "2026-11-24 12:03:11"
std::string short_time(std::string_view rfc3339);

}  // namespace gatewitness::cli
