// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/classes.h"

#include <algorithm>

namespace gatewitness {
namespace {

constexpr DeviceClass kClasses[] = {
    {"camera", true, false},
    {"doorbell", true, false},
    {"fridge", true, false},
    {"tv", true, false},
    {"console", true, false},
    {"thermostat", true, false},
    {"kitchen", true, false},
    {"laundry", true, false},
    {"vacuum", true, false},
    {"plug", true, false},
    {"light", true, false},
    {"hub", true, false},
    {"speaker", true, false},
    {"sensor", true, false},
    {"siren", true, false},
    {"scale", true, false},
    {"health", true, false},
    {"lock", true, false},
    {"energy", true, false},  // meters, inverters, chargers
    {"garden", true, false},
    {"toy", true, false},
    {"car", true, false},
    {"router", true, false},
    // Scanners and disk boxes do send mail by themselves: scan-to-mail, reports.
    {"printer", false, false},
    {"nas", false, false},
    {"server", false, false},
    {"phone", false, false},
    {"tablet", false, false},
    {"watch", true, false},
    {"computer", false, false},
    {"virtual-machine", false, false},
    {"voip", true, false},
    // Something with a radio module in it; the module's maker is known, the thing is not.
    {"iot-module", true, true},
    {"appliance", true, true},
};

}  // namespace

std::span<const DeviceClass> device_classes() {
  return kClasses;
}

const DeviceClass* find_class(std::string_view name) {
  const auto found = std::ranges::find(kClasses, name, &DeviceClass::name);
  return found == std::end(kClasses) ? nullptr : found;
}

bool is_appliance(std::string_view name) {
  const DeviceClass* found = find_class(name);
  return found != nullptr && found->appliance;
}

}  // namespace gatewitness
