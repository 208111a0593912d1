// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/verdict.h"

#include <array>

namespace gatewitness {

std::string_view to_string(Kind kind) {
  static constexpr std::array<std::string_view, kKinds> kNames = {
      "direct-to-mx",     "burst",      "failed-contacts", "gateway-sends", "blind",
      "credential-abuse", "taken-over", "relay",           "scan",          "bulk"};
  return kNames[static_cast<std::size_t>(kind) % kKinds];
}

std::string_view to_string(RuleId rule) {
  static constexpr std::array<std::string_view, kRules> kNames = {
      "R0 policy",      "R1 burst",    "R2 fan-out", "R3 failed first contact",
      "R4 credentials", "R5 refusals", "R6 dialect", "R7 MX queries",
      "rhythm",         "relay",       "scan",       "R4 senders",
      "account"};
  return kNames[static_cast<std::size_t>(rule) % kRules];
}

}  // namespace gatewitness
