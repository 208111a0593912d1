// SPDX-License-Identifier: Apache-2.0
//
// Reads JSON (RFC 8259). One door, so that the parser is in a program once and not once for each kind of
// text.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

namespace gatewitness {

// What is no JSON gives a value that is_discarded(), which is none of object, array, string or number.
nlohmann::json read_json(std::string_view text);
nlohmann::json read_json(std::span<const uint8_t> text);

}  // namespace gatewitness
