// SPDX-License-Identifier: Apache-2.0
//
// The one place that knows which rules there are.
#include "daemon/detection/burst_rule.h"
#include "daemon/detection/credential_rule.h"
#include "daemon/detection/dialect_rule.h"
#include "daemon/detection/failed_contact_rule.h"
#include "daemon/detection/fan_out_rule.h"
#include "daemon/detection/mx_query_rule.h"
#include "daemon/detection/policy_rule.h"
#include "daemon/detection/refusal_rule.h"
#include "daemon/detection/relay_rule.h"
#include "daemon/detection/rule.h"

namespace gatewitness {

std::vector<std::unique_ptr<Rule>> make_rules(const DetectionOptions& options) {
  const double bound = account_bound(options.account);
  std::vector<std::unique_ptr<Rule>> rules;
  if (options.policy.enabled)
    rules.push_back(std::make_unique<PolicyRule>(options.policy, !options.account.enabled));
  if (options.burst.enabled) rules.push_back(std::make_unique<BurstRule>(options.burst));
  if (options.fan_out.enabled) rules.push_back(std::make_unique<FanOutRule>(options.fan_out));
  if (options.failed_contacts.enabled)
    rules.push_back(std::make_unique<FailedContactRule>(options.failed_contacts));
  if (options.credentials.enabled)
    rules.push_back(std::make_unique<CredentialRule>(options.credentials, bound));
  if (options.refusals.enabled) rules.push_back(std::make_unique<RefusalRule>(options.refusals, bound));
  if (options.support.dialect) rules.push_back(std::make_unique<DialectRule>());
  if (options.support.mx_queries) rules.push_back(std::make_unique<MxQueryRule>(options.support.mx_names));
  if (options.relay.enabled) rules.push_back(std::make_unique<RelayRule>(options.relay, bound));
  return rules;
}

}  // namespace gatewitness
