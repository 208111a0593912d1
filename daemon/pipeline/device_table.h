// SPDX-License-Identifier: Apache-2.0
//
// Every device that was ever seen, by MAC: what it said of itself, when it was seen, how much it tried to
// send. Bounded: the one unseen for longest makes room. Owned by the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/identity/identity.h"
#include "daemon/identity/links.h"
#include "daemon/model/device_id.h"
#include "daemon/model/network.h"

namespace gatewitness {

struct Device {
  Identity identity;
  Timestamp first_seen;
  Timestamp last_seen;
  uint64_t port25 = 0;  // outbound attempts, not retracted
  uint64_t submission = 0;
  uint64_t other = 0;    // mail on other ports
  uint64_t inbound = 0;  // mail attempts from outside to this device
  std::optional<Timestamp> mx_query;
};

class DeviceTable {
 public:
  DeviceTable(std::size_t limit, std::map<MacAddress, OwnerNote> owner, IdentityOptions identity)
      : limit_(limit), owner_(std::move(owner)), identity_(std::move(identity)) {}

  // The device's entry, made if need be. forgotten: devices that had to make room, for those who keep state
  // by device.
  Device& touch(const DeviceId& id, Timestamp time, std::vector<DeviceId>& forgotten);
  const Device* find(const DeviceId& id) const;
  Device* find(const DeviceId& id);

  // The owner's newest word on a device; one without name and role takes back what he said before.
  void set_owner_note(const MacAddress& mac, const OwnerNote& note);
  OwnerNote owner_note(const DeviceId& id) const;
  std::string name(const DeviceId& id) const;          // the owner's word first; "" if nobody named it
  std::string device_class(const DeviceId& id) const;  // "" if unknown
  std::string vendor(const DeviceId& id) const;        // "" if unknown
  bool is_appliance(const DeviceId& id) const;
  // Which earlier device one with a made-up MAC may be.
  std::optional<Link> link(const DeviceId& id) const;
  // A device that has said nothing yet: what its MAC alone tells.
  Device fresh(const DeviceId& id) const;
  const IdentityOptions& identity_options() const { return identity_; }

  const std::map<DeviceId, Device>& all() const { return devices_; }
  void put_back(const DeviceId& id, Device device) { devices_[id] = std::move(device); }

 private:
  std::size_t limit_;
  std::map<MacAddress, OwnerNote> owner_;       // the configuration's
  std::map<MacAddress, OwnerNote> owner_says_;  // said since, which wins
  IdentityOptions identity_;
  std::map<DeviceId, Device> devices_;
};

}  // namespace gatewitness
