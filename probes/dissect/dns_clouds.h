// SPDX-License-Identifier: Apache-2.0
//
// Domains of makers' clouds: a device that asks DNS for a name in one of them tells whose it is. Out of
// conf/devices.yaml by conf/make_rules.py. Only the domain of this list is told, never the name that was
// asked for. Private to this folder.
#pragma once

#include <span>
#include <string_view>

namespace gatewitness::dissect {

std::span<const std::string_view> dns_clouds();

// The cloud that a name (lower case, no final dot) is in; "": none.
std::string_view cloud_of(std::string_view name);

}  // namespace gatewitness::dissect
