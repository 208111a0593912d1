// SPDX-License-Identifier: Apache-2.0
//
// Which servers a device mails through as a habit: a destination that took its mail on several days is its
// smarthost, and going there on port 25 is no news. Bounded; owned by the pipeline.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>

#include "daemon/model/destination.h"
#include "daemon/model/device_id.h"
#include "probes/wire/attempt.h"

namespace gatewitness {

class Smarthosts {
 public:
  static constexpr std::size_t kMaxPerDevice = 8;

  explicit Smarthosts(uint32_t days) : days_(days) {}

  void observe(const DeviceId& device, const wire::Attempt& attempt);
  bool is_smarthost(const DeviceId& device, const IpAddress& server) const;
  void forget(const DeviceId& device) { devices_.erase(device); }

  nlohmann::json save() const;
  void restore(const nlohmann::json& state);

 private:
  struct Habit {
    uint32_t days = 0;
    int64_t last_day = 0;
  };
  uint32_t days_;
  std::map<DeviceId, std::map<Prefix, Habit>> devices_;
};

}  // namespace gatewitness
