// SPDX-License-Identifier: Apache-2.0
//
// R3: first contacts on port 25 that fail. A sequential probability ratio test per device (Jung et al., "Fast
// portscan detection using sequential hypothesis testing", 2004): a failure speaks for a bot, a success
// against; its steps go into the account too. Also watches over the home as a whole: where nearly every
// attempt fails, the upstream blocks port 25, and the device is named all the same. Per device at most
// kMaxDestinations times 8 bytes.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "daemon/detection/rule.h"

namespace gatewitness {

class FailedContactRule : public Rule {
 public:
  static constexpr std::size_t kMaxDestinations = 32;  // per device; more are not counted

  explicit FailedContactRule(const FailedContactOptions& options);
  RuleId id() const override { return RuleId::kFailedContacts; }
  void settle(const Settled& settled, Findings& out) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

  // Nearly all of the home's attempts on port 25 fail.
  bool upstream_blocks() const;

 private:
  struct State {
    double score = 0;                           // log-likelihood ratio, never below 0
    uint32_t failures = 0;                      // first contacts that failed since the score was last 0
    std::vector<uint64_t> failed_destinations;  // of those, distinct
  };
  void count_for_home(bool failed);

  FailedContactOptions options_;
  double failure_step_, success_step_, bound_;
  std::map<DeviceId, State> devices_;
  double home_attempts_ = 0, home_failures_ = 0;  // halved together when large, so that old ones fade
};

}  // namespace gatewitness
