// SPDX-License-Identifier: Apache-2.0
//
// Which devices are seen to be mail servers: strangers' mail comes to them and is taken, and they call
// themselves by one full name. Such a device is asked about, not alarmed about, until its owner has spoken.
// Under 80 bytes per device, only for those that mail comes to. Owned by the detector.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>

#include "daemon/model/device_id.h"
#include "probes/wire/attempt.h"

namespace gatewitness {

class MailServers {
 public:
  void arrive(const DeviceId& device, const wire::Attempt& attempt);
  void depart(const DeviceId& device, const wire::Attempt& attempt);
  bool serves(const DeviceId& device) const;
  void forget(const DeviceId& device) { devices_.erase(device); }

  nlohmann::json save() const;
  void restore(const nlohmann::json& state);

 private:
  struct State {
    uint32_t accepted = 0;  // sessions from outside
    uint64_t name = 0;      // key of its EHLO; 0: not heard yet
    uint32_t names = 0;     // how often it changed
    bool full_name = true;
  };
  std::map<DeviceId, State> devices_;
};

}  // namespace gatewitness
