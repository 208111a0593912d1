// SPDX-License-Identifier: Apache-2.0
//
// The interface of a rule: attempts in, verdicts out. A rule keeps bounded state per device, asks no clock,
// and can give its state away and take it back. Owned by the registry; called by the pipeline.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/detection/options.h"
#include "daemon/model/device_id.h"
#include "daemon/model/network.h"
#include "daemon/model/verdict.h"
#include "probes/wire/attempt.h"

namespace gatewitness {

// What a rule may know of an attempt; it borrows, for the length of a call.
struct Sighting {
  const DeviceId& device;
  const wire::Attempt& attempt;
  uint64_t number = 0;  // the pipeline's own, unique: the same attempt has the same number at each sighting
  bool first = false;   // not seen before
  bool port25 = false;
  Role role = Role::kNone;
  bool appliance = false;  // by class or by the owner's word
  bool smarthost = false;  // to a server that this device has learned as its smarthost
  std::optional<Timestamp> mx_query = std::nullopt;  // the device's newest MX query
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual std::string_view name() const = 0;
  // Only outbound attempts come here, at first sight and at each change.
  virtual void observe(const Sighting& sighting, std::vector<Verdict>& out) = 0;
  // It was no mail: as if it had not been.
  virtual void retract(const Sighting& sighting) = 0;
  // Time passed; for rules that wait.
  virtual void tick(Timestamp /*now*/, std::vector<Verdict>& /*out*/) {}
  virtual std::optional<Timestamp> next_deadline() const { return std::nullopt; }
  // The device is forgotten.
  virtual void forget(const DeviceId& device) = 0;

  virtual nlohmann::json save() const = 0;
  virtual void restore(
      const nlohmann::json& state) = 0;  // throws nlohmann::json::exception on what it cannot read
};

// All rules that are switched on, in their order.
std::vector<std::unique_ptr<Rule>> make_rules(const DetectionOptions& options);

}  // namespace gatewitness
