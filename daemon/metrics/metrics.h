// SPDX-License-Identifier: Apache-2.0
//
// What the daemon knows as numbers, in Prometheus' text format 0.0.4: from the answers to "status",
// "incidents" and "devices" (daemon/control/README.md). PURE. A metrics server keeps what it is given for
// long and shows it to many, so no MAC, name or address of a device is among it unless the owner asks for
// MACs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace gatewitness::metrics {

std::string text(const nlohmann::json& status, const nlohmann::json& incidents, const nlohmann::json& devices,
                 bool with_macs);

}  // namespace gatewitness::metrics
