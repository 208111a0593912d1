// SPDX-License-Identifier: Apache-2.0
//
// What a person asks of the guard, read from JSON, and what he is told. Private to this folder. PURE.
#pragma once

#include <chrono>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/quarantine/quarantine.h"

namespace gatewitness::control {

// {"command": "block", ...}, each field with its type and range checked.
struct BlockWords {
  std::optional<quarantine::Target> target;  // one of target
  std::string incident;                      // and incident
  std::optional<std::chrono::seconds> length;
  std::optional<bool> all;
  bool force = false;
  // Where the owner sits.
  std::optional<MacAddress> from_mac;
  std::optional<IpAddress> from_address;
};
std::expected<BlockWords, std::string> read_block(const nlohmann::json& request);
std::expected<quarantine::Target, std::string> read_target(const nlohmann::json& request);

// "the mail of \"Kitchen fridge\" (8c:79:f5:10:00:01) is blocked until 2026-11-25 12:03 UTC, ...".
std::string sentence(const quarantine::Quarantine& quarantine, std::string_view name);
// "... is no longer blocked."
std::string sentence_of_end(const quarantine::Quarantine& quarantine, std::string_view name);

}  // namespace gatewitness::control
