// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/relay_rule.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// Shares of outbound attempts that follow an inbound session of their own: of a relay's, of an honest
// server's.
const double kInStep = std::log(0.9 / 0.15);
const double kOutOfStep = std::log(0.1 / 0.85);

}  // namespace

void RelayRule::arrive(const DeviceId& device, const wire::Attempt& attempt, Timestamp when) {
  if (attempt.revision != 0) return;
  auto& inbound = devices_[device].inbound;
  if (inbound.size() >= kMaxInbound) inbound.erase(inbound.begin());
  inbound.push_back(when);
}

void RelayRule::observe(const Sighting& sighting, Findings& out) {
  if (!sighting.first || !sighting.port25 || sighting.scanning) return;
  const auto found = devices_.find(sighting.device);
  if (found == devices_.end()) return;
  State& state = found->second;
  // The newest that it can have followed; each is followed once.
  const auto cause = std::find_if(state.inbound.rbegin(), state.inbound.rend(), [&](Timestamp in) {
    return in <= sighting.when && in >= sighting.when - options_.step;
  });
  const bool in_step = cause != state.inbound.rend();
  if (in_step) state.inbound.erase(std::next(cause).base());
  if (state.score == 0 && in_step) state.began = sighting.attempt.started, state.in_step = 0;
  state.score = std::clamp(state.score + (in_step ? kInStep : kOutOfStep), 0.0, 2 * bound_);
  if (state.score == 0) state.destinations.clear();
  if (!in_step) return;
  ++state.in_step;
  const auto destination =
      static_cast<uint32_t>(key_of(destination_of(sighting.attempt.flow.destination.address)));
  auto& known = state.destinations;
  if (std::find(known.begin(), known.end(), destination) == known.end()) {
    if (known.size() >= kMaxDestinations) known.erase(known.begin());
    known.push_back(destination);
  }
  if (state.score < bound_ || known.size() < options_.destinations) return;
  Verdict verdict;
  verdict.rule = id();
  verdict.device = sighting.device;
  verdict.kind = Kind::kRelay;
  verdict.severity = Severity::kAlarm;
  verdict.time = sighting.attempt.started;
  verdict.count = state.in_step;
  verdict.destinations = static_cast<uint32_t>(known.size());
  verdict.window = std::max(Duration(0), sighting.attempt.started - state.began);
  verdict.score = state.score;
  verdict.bound = bound_;
  out.verdicts.push_back(std::move(verdict));
}

nlohmann::json RelayRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_) {
    auto inbound = nlohmann::json::array();
    for (const Timestamp in : state.inbound) inbound.push_back(ticks(in));
    out.push_back({to_string(device), std::move(inbound), state.destinations, state.score, state.in_step,
                   ticks(state.began)});
  }
  return out;
}

void RelayRule::restore(const nlohmann::json& saved) {
  for (const auto& item : saved) {
    State state;
    for (const auto& in : item.at(1)) {
      if (state.inbound.size() < kMaxInbound) state.inbound.push_back(time_of(in));
    }
    state.destinations = wholes<uint32_t>(item.at(2));
    if (state.destinations.size() > kMaxDestinations) state.destinations.resize(kMaxDestinations);
    state.score = item.at(3).get<double>();
    state.in_step = whole<uint32_t>(item.at(4));
    state.began = time_of(item.at(5));
    devices_[device_of(item.at(0))] = std::move(state);
  }
}

}  // namespace gatewitness
