// SPDX-License-Identifier: Apache-2.0
//
// What a 4xx or 5xx reply says, from its code, its enhanced status code and its words. Pure; called by the
// SMTP session with the reply's bounded text, of which nothing is kept but a block list's name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "probes/wire/attempt.h"

namespace gatewitness::dissect {

struct RefusalReason {
  wire::Refusal kind = wire::Refusal::kOther;
  std::string list;  // with kBlockList; empty if it is not named
};

RefusalReason classify_refusal(uint16_t code, std::string_view text);

}  // namespace gatewitness::dissect
