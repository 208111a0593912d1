// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/json_text.h"

#include <nlohmann/json.hpp>

namespace gatewitness {

nlohmann::json read_json(std::string_view text) {
  return nlohmann::json::parse(text.data(), text.data() + text.size(), nullptr, false);
}

nlohmann::json read_json(std::span<const uint8_t> text) {
  return read_json(std::string_view(reinterpret_cast<const char*>(text.data()), text.size()));
}

}  // namespace gatewitness
