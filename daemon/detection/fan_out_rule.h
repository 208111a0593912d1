// SPDX-License-Identifier: Apache-2.0
//
// R2: fan-out. A device with a smarthost meets the same server again and again; a bot meets new ones. A
// sequential probability ratio test (Wald 1947; for mail: Duan et al., SPOT, 2012) on whether the server is
// new, whose steps go into the account. Keeps no state of its own.
#pragma once

#include "daemon/detection/rule.h"

namespace gatewitness {

class FanOutRule : public Rule {
 public:
  explicit FanOutRule(const FanOutOptions& options);
  RuleId id() const override { return RuleId::kFanOut; }
  void settle(const Settled& settled, Findings& out) override;
  void forget(const DeviceId&) override {}
  nlohmann::json save() const override;
  void restore(const nlohmann::json&) override {}

 private:
  double new_step_, repeat_step_;
};

}  // namespace gatewitness
