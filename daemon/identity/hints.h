// SPDX-License-Identifier: Apache-2.0
//
// What a device's own words hint at: "a DHCP host name that contains 'fridge' is a fridge". Ordered; the
// first that fits wins. Plain values, made by default_hints() or read from a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness {

struct ClassHint {
  std::optional<wire::FactKind> kind;  // nullopt: any of the device's names
  std::string word;                    // lower case; must stand in the value, ignoring case
  std::string device_class;            // "camera", "tv", "fridge", ...
};

std::vector<ClassHint> default_hints();

// Classes of which no member ever has business with a stranger's mail exchanger.
bool is_appliance(std::string_view device_class);

}  // namespace gatewitness
