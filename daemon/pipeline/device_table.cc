// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/device_table.h"

#include <algorithm>

#include "daemon/identity/hints.h"

namespace gatewitness {

Device& DeviceTable::touch(const DeviceId& id, Timestamp time, std::vector<DeviceId>& forgotten) {
  const auto found = devices_.find(id);
  if (found != devices_.end()) {
    found->second.last_seen = std::max(found->second.last_seen, time);
    return found->second;
  }
  if (devices_.size() >= limit_) {
    const auto oldest = std::min_element(devices_.begin(), devices_.end(), [](const auto& a, const auto& b) {
      return a.second.last_seen < b.second.last_seen;
    });
    forgotten.push_back(oldest->first);
    devices_.erase(oldest);
  }
  Device& device = devices_[id];
  device.first_seen = device.last_seen = time;
  return device;
}

const Device* DeviceTable::find(const DeviceId& id) const {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : &found->second;
}

Device* DeviceTable::find(const DeviceId& id) {
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : &found->second;
}

OwnerNote DeviceTable::owner_note(const DeviceId& id) const {
  const auto found = id.kind == DeviceId::Kind::kMac ? owner_.find(id.mac) : owner_.end();
  return found == owner_.end() ? OwnerNote{} : found->second;
}

std::string DeviceTable::name(const DeviceId& id) const {
  if (auto note = owner_note(id); !note.name.empty()) return note.name;
  const Device* device = find(id);
  return device == nullptr ? "" : device->identity.name();
}

std::string DeviceTable::device_class(const DeviceId& id) const {
  if (id.kind == DeviceId::Kind::kGateway) return "router";
  const Device* device = find(id);
  return device == nullptr ? "" : device->identity.device_class();
}

bool DeviceTable::is_appliance(const DeviceId& id) const {
  return owner_note(id).role == Role::kAppliance || gatewitness::is_appliance(device_class(id));
}

}  // namespace gatewitness
