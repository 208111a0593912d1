// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows which rules there are.
#include "daemon/detection/burst_rule.h"
#include "daemon/detection/failed_contact_rule.h"
#include "daemon/detection/policy_rule.h"
#include "daemon/detection/rule.h"

namespace gatewitness {

std::vector<std::unique_ptr<Rule>> make_rules(const DetectionOptions& options) {
  std::vector<std::unique_ptr<Rule>> rules;
  if (options.policy.enabled) rules.push_back(std::make_unique<PolicyRule>(options.policy));
  if (options.burst.enabled) rules.push_back(std::make_unique<BurstRule>(options.burst));
  if (options.failed_contacts.enabled)
    rules.push_back(std::make_unique<FailedContactRule>(options.failed_contacts));
  return rules;
}

}  // namespace gatewitness
