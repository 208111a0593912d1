// SPDX-License-Identifier: Apache-2.0
//
// Which mail servers a device has tried on port 25, and when last. Owned by the detector. Per device 16 bytes
// for each of at most kMaxPerDevice destinations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "daemon/model/destination.h"
#include "daemon/model/device_id.h"
#include "probes/wire/time.h"

namespace gatewitness {

// A destination in eight bytes (FNV-1a); the same on every machine, since it is saved.
uint64_t key_of(const Prefix& destination);
// The same for a text.
uint64_t key_of(std::string_view text);

class Contacts {
 public:
  static constexpr std::size_t kMaxPerDevice = 64;  // the one tried longest ago is new again

  explicit Contacts(Duration memory) : memory_(memory) {}
  // Notes the attempt; true if the destination is new to the device.
  bool note(const DeviceId& device, uint64_t destination, Timestamp when);
  void forget(const DeviceId& device) { devices_.erase(device); }

  nlohmann::json save() const;
  void restore(const nlohmann::json& state);

 private:
  struct Contact {
    uint64_t destination = 0;
    Timestamp when;
  };
  Duration memory_;
  std::map<DeviceId, std::vector<Contact>> devices_;  // the oldest contact first
};

}  // namespace gatewitness
