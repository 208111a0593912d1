// SPDX-License-Identifier: Apache-2.0
//
// The enumerations' names as people and JSON readers see them: lower case, words joined by '-'. Stable.
#pragma once

#include <string_view>

#include "probes/wire/records.h"

namespace gatewitness::wire {

std::string_view to_string(Outcome outcome);
std::string_view to_string(IsMail is_mail);
std::string_view to_string(Tls tls);
std::string_view to_string(Refusal refusal);
std::string_view to_string(ClaimSource source);
std::string_view to_string(FactKind kind);
std::string_view to_string(GapReason reason);

// How many values each enumeration has; one from the wire that is not below it is out of range.
inline constexpr uint8_t value_count(Outcome) {
  return 6;
}
inline constexpr uint8_t value_count(IsMail) {
  return 3;
}
inline constexpr uint8_t value_count(Tls) {
  return 4;
}
inline constexpr uint8_t value_count(Refusal) {
  return 7;
}
inline constexpr uint8_t value_count(ClaimSource) {
  return 6;
}
inline constexpr uint8_t value_count(FactKind) {
  return 16;
}
inline constexpr uint8_t value_count(GapReason) {
  return 7;
}

}  // namespace gatewitness::wire
