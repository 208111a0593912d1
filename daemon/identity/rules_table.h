// SPDX-License-Identifier: Apache-2.0
//
// conf/devices.yaml as constants; make_rules.py writes the other half of this. Private to this folder.
#pragma once

#include <span>
#include <string_view>

#include "daemon/identity/rules.h"

namespace gatewitness {

std::span<const IdentityRule> built_in_rule_table();
std::span<const std::string_view> built_in_generic_names();

}  // namespace gatewitness
