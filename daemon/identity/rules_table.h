// SPDX-License-Identifier: Apache-2.0
//
// conf/devices.yaml as constants; make_rules.py writes the other half of this. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/identity/rules.h"

namespace gatewitness {

// Where a text lies in kRuleText, in bytes. No pointers: a thousand of them would be relocated at each start
// of each process, and take three times the room.
struct RuleText {
  uint16_t begin;
  uint8_t size;
};
struct PackedRule {
  Places places;
  RuleText text, vendor, device_class;
  WordMatch match;
  Strength strength;
};

extern const char kRuleText[];
extern const PackedRule kPackedRules[];
extern const std::size_t kPackedRuleCount;
extern const RuleText kGenericNames[];
extern const std::size_t kGenericNameCount;

}  // namespace gatewitness
