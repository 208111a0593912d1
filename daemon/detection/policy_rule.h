// SPDX-License-Identifier: Apache-2.0
//
// R0: a device that is no mail server spoke to a mail exchanger. The first attempt suffices: a notice, or an
// alarm if the device is an appliance or had just asked for somebody's mail exchanger. Under 100 bytes per
// device.
#pragma once

#include <map>

#include "daemon/detection/rule.h"

namespace gatewitness {

class PolicyRule : public Rule {
 public:
  explicit PolicyRule(const PolicyOptions& options) : options_(options) {}
  std::string_view name() const override { return "R0 policy"; }
  void observe(const Sighting& sighting, std::vector<Verdict>& out) override;
  void retract(const Sighting& sighting) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct State {
    uint32_t attempts = 0;  // that went against the policy
    Severity told = Severity::kNotice;
    uint64_t first = 0;
  };
  Ground ground_of(const Sighting& sighting) const;

  PolicyOptions options_;
  std::map<DeviceId, State> devices_;
};

}  // namespace gatewitness
