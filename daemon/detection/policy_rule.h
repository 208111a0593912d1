// SPDX-License-Identifier: Apache-2.0
//
// R0: a device that is no mail server spoke to a mail exchanger. The first attempt suffices: a notice at
// once, and an alarm as soon as its dialogue shows what it is, if the device is an appliance. An appliance
// that went on under TLS, at one server only that calls itself a relay, may be mailing its owner: that is
// asked. For other devices an MX query shortly before weighs in the account. What goes to a server that was
// told of before is told only while it goes on. Under 100 bytes per device.
#pragma once

#include <map>

#include "daemon/detection/rule.h"

namespace gatewitness {

class PolicyRule : public Rule {
 public:
  PolicyRule(const PolicyOptions& options, bool mx_alone) : options_(options), mx_alone_(mx_alone) {}
  RuleId id() const override { return RuleId::kPolicy; }
  void observe(const Sighting& sighting, Findings& out) override;
  void settle(const Settled& settled, Findings& out) override;
  void retract(const Sighting& sighting) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct State {
    uint32_t attempts = 0;     // that went against the policy
    uint32_t settled = 0;      // of those, direct as far as can be told
    uint64_t destination = 0;  // of the first that was settled
    Severity told = Severity::kNotice;
    bool asked = false;
    bool many = false;  // more than one destination
    Timestamp newest;   // attempt, to reckon with
  };
  Verdict verdict_of(const DeviceId& device, const State& state, Severity severity, Ground ground,
                     Timestamp time) const;

  PolicyOptions options_;
  bool mx_alone_;  // an MX query is an alarm of its own
  std::map<DeviceId, State> devices_;
};

}  // namespace gatewitness
