// SPDX-License-Identifier: Apache-2.0
//
// R6: dialect. Programs that were written to send spam speak SMTP in ways that mail servers do not
// (Stringhini et al., "B@bel", 2012). Supports only. Under 100 bytes per device.
#pragma once

#include <map>
#include <vector>

#include "daemon/detection/rule.h"

namespace gatewitness {

class DialectRule : public Rule {
 public:
  static constexpr std::size_t kMaxNames = 8;  // EHLO names remembered per device

  RuleId id() const override { return RuleId::kDialect; }
  void observe(const Sighting& sighting, Findings& out) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  std::map<DeviceId, std::vector<uint32_t>> devices_;  // low halves of the keys of its EHLO names
};

}  // namespace gatewitness
