// SPDX-License-Identifier: Apache-2.0
//
// R5: refusals. A message that a server refuses for good (5xx) weighs against the device, one that names a
// block list more so. A mail server meets refusals every day: for it a sequential probability ratio test on
// their share speaks for itself (Duan et al., SPOT, with refusals in place of a filter's word), since
// somebody else may be sending through it. Only the clear is seen. Under 120 bytes per device, mail servers
// only.
#pragma once

#include <map>

#include "daemon/detection/rule.h"

namespace gatewitness {

class RefusalRule : public Rule {
 public:
  RefusalRule(const RefusalOptions& options, double bound);
  RuleId id() const override { return RuleId::kRefusals; }
  void observe(const Sighting& sighting, Findings& out) override;
  void forget(const DeviceId& device) override { servers_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct Server {
    double score = 0;
    uint32_t messages = 0;  // since the score was last 0
    uint32_t refused = 0;
    Timestamp began;  // to show
  };
  void judge_server(const Sighting& sighting, uint32_t refused, uint32_t accepted, Findings& out);

  RefusalOptions options_;
  double bound_, refused_step_, accepted_step_;
  std::map<DeviceId, Server> servers_;
};

}  // namespace gatewitness
