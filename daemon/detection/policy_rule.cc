// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/policy_rule.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// An attempt so soon after the one before belongs to the same story.
constexpr Duration kGoesOn = std::chrono::hours(1);

bool is_gateway(const DeviceId& device) {
  return device.kind == DeviceId::Kind::kGateway;
}

}  // namespace

Verdict PolicyRule::verdict_of(const DeviceId& device, const State& state, Severity severity, Ground ground,
                               Timestamp time) const {
  Verdict verdict;
  verdict.rule = id();
  verdict.device = device;
  verdict.kind = is_gateway(device) ? Kind::kGatewaySends : Kind::kDirectToMx;
  verdict.severity = severity;
  verdict.ground = ground;
  verdict.time = time;
  verdict.count = state.attempts;
  verdict.limit = 1;
  verdict.destinations = 1;
  return verdict;
}

void PolicyRule::observe(const Sighting& sighting, Findings& out) {
  if (!sighting.port25 || sighting.role == Role::kMailServer || sighting.smarthost || sighting.scanning)
    return;
  State& state = devices_[sighting.device];
  const Timestamp time = sighting.attempt.started;
  if (!sighting.first) {
    // What it is became known after its attempts: they mean more now.
    const bool late =
        sighting.appliance && state.settled > 0 && state.told == Severity::kNotice && !state.asked;
    if (!late) return;
    state.told = Severity::kAlarm;
    out.verdicts.push_back(verdict_of(sighting.device, state, Severity::kAlarm, Ground::kAppliance, time));
    return;
  }
  ++state.attempts;
  // The gateway's own dialogue is never seen.
  if (is_gateway(sighting.device)) state.told = Severity::kAlarm;
  const bool ask = sighting.serves_mail && !state.asked;
  state.asked = state.asked || ask;
  const bool alarm = state.told == Severity::kAlarm && (sighting.appliance || is_gateway(sighting.device));
  const bool goes_on = state.newest != Timestamp{} && sighting.when - state.newest < kGoesOn;
  state.newest = std::max(state.newest, sighting.when);
  if (sighting.serves_mail && !ask) return;  // asked once; until then it is left alone
  if (!sighting.new_destination && !goes_on && !(alarm && state.many)) return;
  out.verdicts.push_back(verdict_of(sighting.device, state, alarm ? Severity::kAlarm : Severity::kNotice,
                                    alarm ? Ground::kAppliance
                                    : ask ? Ground::kAskMailServer
                                          : Ground::kNone,
                                    time));
}

void PolicyRule::settle(const Settled& settled, Findings& out) {
  if (settled.role == Role::kMailServer || !settled.is_direct() || settled.serves_mail) return;
  const auto found = devices_.find(settled.device);
  if (found == devices_.end()) return;
  State& state = found->second;
  if (state.settled++ == 0) state.destination = settled.destination;
  state.many = state.many || state.destination != settled.destination;
  if (settled.appliance && state.told == Severity::kNotice) {
    const bool may_be_its_owners = settled.nature == Nature::kOpaque && settled.names_itself_relay &&
                                   !settled.after_mx_query && !state.many;
    if (!may_be_its_owners) {
      state.told = Severity::kAlarm;
      out.verdicts.push_back(
          verdict_of(settled.device, state, Severity::kAlarm, Ground::kAppliance, settled.time));
    } else if (!state.asked) {
      state.asked = true;
      out.verdicts.push_back(
          verdict_of(settled.device, state, Severity::kNotice, Ground::kAskSmarthost, settled.time));
    }
  }
  if (!settled.after_mx_query || !settled.first_contact) return;
  if (mx_alone_)
    out.verdicts.push_back(
        verdict_of(settled.device, state, Severity::kAlarm, Ground::kMxQuery, settled.time));
  else
    out.terms.push_back({settled.device, id(), options_.mx_weight, settled.when, settled.time});
}

void PolicyRule::retract(const Sighting& sighting) {
  const auto found = devices_.find(sighting.device);
  if (found == devices_.end() || !sighting.port25 || found->second.attempts == 0) return;
  if (--found->second.attempts == 0) devices_.erase(found);
}

nlohmann::json PolicyRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_) {
    out.push_back({to_string(device), state.attempts, state.settled, state.destination,
                   static_cast<unsigned>(state.told), state.asked, state.many, ticks(state.newest)});
  }
  return out;
}

void PolicyRule::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    State entry;
    entry.attempts = whole<uint32_t>(item.at(1));
    entry.settled = whole<uint32_t>(item.at(2));
    entry.destination = whole<uint64_t>(item.at(3));
    entry.told = whole<unsigned>(item.at(4)) == 0 ? Severity::kNotice : Severity::kAlarm;
    entry.asked = item.at(5).get<bool>();
    entry.many = item.at(6).get<bool>();
    entry.newest = time_of(item.at(7));
    devices_[device_of(item.at(0))] = entry;
  }
}

}  // namespace gatewitness
