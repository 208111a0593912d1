// SPDX-License-Identifier: Apache-2.0
//
// R7: MX queries (Whyte et al., "Addressing SMTP-based mass-mailing activity within enterprise networks",
// 2006): who asks for other people's mail exchangers means to send to them. Supports only. Per device at most
// kMaxNames times 8 bytes.
#pragma once

#include <map>
#include <vector>

#include "daemon/detection/rule.h"

namespace gatewitness {

class MxQueryRule : public Rule {
 public:
  static constexpr std::size_t kMaxNames = 64;

  explicit MxQueryRule(uint32_t names) : names_(names) {}
  RuleId id() const override { return RuleId::kMxQueries; }
  void asked(const DeviceId& device, std::string_view name, Timestamp when, Timestamp time,
             Findings& out) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct Asked {
    uint32_t name = 0;  // low half of its key
    uint32_t hour = 0;  // since 1970
  };
  uint32_t names_;  // distinct ones in a day from which it counts
  std::map<DeviceId, std::vector<Asked>> devices_;
};

}  // namespace gatewitness
