// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/fan_out_rule.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace gatewitness {

FanOutRule::FanOutRule(const FanOutOptions& options)
    : new_step_(std::log(options.bot_new / options.benign_new)),
      repeat_step_(std::log((1 - options.bot_new) / (1 - options.benign_new))) {}

void FanOutRule::settle(const Settled& settled, Findings& out) {
  if (!settled.is_direct() || settled.serves_mail) return;
  out.terms.push_back(
      {settled.device, id(), settled.first_contact ? new_step_ : repeat_step_, settled.when, settled.time});
}

nlohmann::json FanOutRule::save() const {
  return nlohmann::json::array();
}

}  // namespace gatewitness
