// SPDX-License-Identifier: Apache-2.0
//
// The grammar of the control socket: which requests there are, and what a wrong one is told. PURE; the views
// come from whoever calls.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatewitness::control {

struct Views {
  std::function<nlohmann::json()> status;
  std::function<nlohmann::json()> devices;
  std::function<nlohmann::json()> incidents;
  std::function<std::optional<nlohmann::json>(std::string_view id)> explain;
};

// JSON to JSON, whatever the bytes are.
std::string answer_request(std::span<const uint8_t> request, const Views& views);

// One line, ASCII only: harmless on a terminal. Bytes that are not UTF-8 become U+FFFD.
std::string as_line(const nlohmann::json& value);

inline constexpr std::size_t kMaxRequest = 4096;

}  // namespace gatewitness::control
