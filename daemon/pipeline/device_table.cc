// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/device_table.h"

#include <algorithm>

#include "daemon/identity/classes.h"

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
  Device& device = devices_[id] = fresh(id);
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

void DeviceTable::set_owner_note(const MacAddress& mac, const OwnerNote& note) {
  if (note.name.empty() && note.role == Role::kNone)
    owner_says_.erase(mac);
  else
    owner_says_[mac] = note;
}

OwnerNote DeviceTable::owner_note(const DeviceId& id) const {
  if (id.kind != DeviceId::Kind::kMac) return {};
  OwnerNote note;
  if (const auto found = owner_.find(id.mac); found != owner_.end()) note = found->second;
  const auto said = owner_says_.find(id.mac);
  if (said == owner_says_.end()) return note;
  if (!said->second.name.empty()) note.name = said->second.name;
  if (said->second.role != Role::kNone) note.role = said->second.role;
  return note;
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

std::string DeviceTable::vendor(const DeviceId& id) const {
  const Device* device = find(id);
  return device == nullptr ? "" : device->identity.vendor();
}

Device DeviceTable::fresh(const DeviceId& id) const {
  Device device;
  if (id.kind == DeviceId::Kind::kMac) device.identity = Identity(id.mac, identity_);
  return device;
}

std::optional<Link> DeviceTable::link(const DeviceId& id) const {
  const Device* device = find(id);
  if (device == nullptr || id.kind != DeviceId::Kind::kMac || !id.mac.is_locally_administered())
    return std::nullopt;
  std::vector<SeenDevice> others;
  for (const auto& [other, entry] : devices_)
    if (other.kind == DeviceId::Kind::kMac)
      others.push_back({other.mac, &entry.identity, entry.first_seen, entry.last_seen});
  return link_of({id.mac, &device->identity, device->first_seen, device->last_seen}, others,
                 *identity_.rules);
}

bool DeviceTable::is_appliance(const DeviceId& id) const {
  return owner_note(id).role == Role::kAppliance || gatewitness::is_appliance(device_class(id));
}

}  // namespace gatewitness
