// SPDX-License-Identifier: Apache-2.0
//
// Reading the documented fields of an answer as text that may be shown. Private to the renderers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "daemon/cli/layout.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {

// Escaped; "" where the field is absent or null.
inline std::string shown(const nlohmann::json& object, const char* key, std::size_t max_bytes = 512) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return printable(found->is_string() ? found->get<std::string>()
                                      : found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                   max_bytes);
}

// For a text that has been escaped by whoever made it (a sentence with a device's name in it): made harmless
// all the same, but what is escaped already stays as it is.
inline std::string shown_again(const nlohmann::json& object, const char* key) {
  const std::string twice = shown(object, key, 2048);
  std::string text;
  for (std::size_t i = 0; i < twice.size(); ++i) {
    text += twice[i];
    if (twice[i] == '\\' && i + 1 < twice.size() && twice[i + 1] == '\\') ++i;
  }
  return text;
}

// 0 and false where the field is absent, or of another type.
inline uint64_t number(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<uint64_t>() : 0;
}
inline bool flag(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

inline const nlohmann::json& list(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNone = nlohmann::json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

inline Tone tone_of(const std::string& severity) {
  if (severity == "alarm") return Tone::kRed;
  return severity == "notice" ? Tone::kYellow : Tone::kGreen;
}

inline std::string count_of(uint64_t count, const char* one, const char* many) {
  return thousands(count) + " " + (count == 1 ? one : many);
}

}  // namespace gatewitness::cli
