// SPDX-License-Identifier: Apache-2.0
//
// What kinds of device there are: the one list. A rule may conclude these and no other; the detector and the
// words for the owner ask whether a class is an appliance. PURE, constant.
#pragma once

#include <span>
#include <string_view>

namespace gatewitness {

struct DeviceClass {
  std::string_view name;
  bool appliance;  // no member ever has business with a stranger's mail exchanger
  bool general;    // says little: concluded only where nothing more particular is
};

std::span<const DeviceClass> device_classes();

// nullptr: there is no such class.
const DeviceClass* find_class(std::string_view name);
bool is_appliance(std::string_view name);

}  // namespace gatewitness
