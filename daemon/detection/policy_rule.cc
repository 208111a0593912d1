// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/policy_rule.h"

#include <nlohmann/json.hpp>

namespace gatewitness {

Ground PolicyRule::ground_of(const Sighting& sighting) const {
  if (sighting.appliance || sighting.device.kind == DeviceId::Kind::kGateway) return Ground::kAppliance;
  if (!sighting.mx_query) return Ground::kNone;
  const Duration before = sighting.attempt.started - *sighting.mx_query;
  return before >= Duration(0) && before <= options_.mx_window ? Ground::kMxQuery : Ground::kNone;
}

void PolicyRule::observe(const Sighting& sighting, std::vector<Verdict>& out) {
  if (!sighting.port25 || sighting.role == Role::kMailServer || sighting.smarthost) return;
  State& state = devices_[sighting.device];
  if (sighting.first) ++state.attempts;
  if (state.first == 0) state.first = sighting.number;
  const Ground ground = ground_of(sighting);
  const Severity severity = ground == Ground::kNone ? Severity::kNotice : Severity::kAlarm;
  // Each new attempt is told, so that the incident goes on; an old one only if it weighs more now (a name was
  // learned).
  if (!sighting.first && severity <= state.told) return;
  state.told = std::max(state.told, severity);
  Verdict verdict;
  verdict.rule = name();
  verdict.device = sighting.device;
  verdict.kind = sighting.device.kind == DeviceId::Kind::kGateway ? Kind::kGatewaySends : Kind::kDirectToMx;
  verdict.severity = severity;
  verdict.ground = ground;
  verdict.time = sighting.attempt.started;
  verdict.count = state.attempts;
  verdict.limit = 1;
  verdict.destinations = 1;
  out.push_back(verdict);
}

void PolicyRule::retract(const Sighting& sighting) {
  const auto found = devices_.find(sighting.device);
  if (found == devices_.end() || !sighting.port25 || found->second.attempts == 0) return;
  if (--found->second.attempts == 0) devices_.erase(found);
}

nlohmann::json PolicyRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_) {
    out.push_back({to_string(device), state.attempts, static_cast<unsigned>(state.told), state.first});
  }
  return out;
}

void PolicyRule::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    const auto device = DeviceId::parse(item.at(0).get<std::string>());
    if (!device) continue;
    devices_[*device] = {item.at(1).get<uint32_t>(),
                         item.at(2).get<unsigned>() == 0 ? Severity::kNotice : Severity::kAlarm,
                         item.at(3).get<uint64_t>()};
  }
}

}  // namespace gatewitness
