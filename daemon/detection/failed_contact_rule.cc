// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/failed_contact_rule.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr double kMiss = 0.01;       // beta: chance of missing a bot that behaves as bot_failure says
constexpr double kHomeMemory = 200;  // attempts after which older ones count half

}  // namespace

FailedContactRule::FailedContactRule(const FailedContactOptions& options)
    : options_(options),
      failure_step_(std::log(options.bot_failure / options.benign_failure)),
      success_step_(std::log((1 - options.bot_failure) / (1 - options.benign_failure))),
      bound_(std::log((1 - kMiss) / options.false_alarm)) {}

void FailedContactRule::count_for_home(bool failed) {
  home_attempts_ += 1;
  home_failures_ += failed ? 1 : 0;
  if (home_attempts_ < kHomeMemory) return;
  home_attempts_ /= 2;
  home_failures_ /= 2;
}

bool FailedContactRule::upstream_blocks() const {
  return home_attempts_ >= options_.blocked_attempts &&
         home_failures_ >= options_.blocked_share * home_attempts_;
}

void FailedContactRule::settle(const Settled& settled, Findings& out) {
  if (settled.scanning || settled.smarthost) return;  // says nothing of the way to strangers
  const bool failed = settled.failed();
  count_for_home(failed);
  if (settled.role == Role::kMailServer || settled.serves_mail || !settled.first_contact) return;
  if (!failed && !devices_.contains(settled.device)) return;
  const double step = failed ? failure_step_ : success_step_;
  out.terms.push_back({settled.device, id(), step, settled.when, settled.time});
  State& state = devices_[settled.device];
  state.score = std::max(0.0, state.score + step);
  if (state.score == 0) {
    devices_.erase(settled.device);
    return;
  }
  if (!failed) return;
  ++state.failures;
  auto& known = state.failed_destinations;
  const bool have = std::find(known.begin(), known.end(), settled.destination) != known.end();
  if (!have && known.size() < kMaxDestinations) known.push_back(settled.destination);
  if (state.score < bound_ || known.size() < options_.destinations) return;
  Verdict verdict;
  verdict.rule = id();
  verdict.device = settled.device;
  verdict.kind = Kind::kFailedContacts;
  verdict.severity = Severity::kAlarm;
  verdict.ground = upstream_blocks() ? Ground::kBlockedUpstream : Ground::kNone;
  verdict.time = settled.time;
  verdict.count = state.failures;
  verdict.limit = static_cast<uint32_t>(std::ceil(bound_ / failure_step_));
  verdict.destinations = static_cast<uint32_t>(known.size());
  verdict.score = state.score;
  verdict.bound = bound_;
  out.verdicts.push_back(std::move(verdict));
}

nlohmann::json FailedContactRule::save() const {
  auto devices = nlohmann::json::array();
  for (const auto& [device, state] : devices_)
    devices.push_back({to_string(device), state.score, state.failures, state.failed_destinations});
  return {{"home", {home_attempts_, home_failures_}}, {"devices", std::move(devices)}};
}

void FailedContactRule::restore(const nlohmann::json& saved) {
  home_attempts_ = saved.at("home").at(0).get<double>();
  home_failures_ = saved.at("home").at(1).get<double>();
  for (const auto& item : saved.at("devices")) {
    State state;
    state.score = item.at(1).get<double>();
    state.failures = whole<uint32_t>(item.at(2));
    state.failed_destinations = wholes<uint64_t>(item.at(3));
    if (state.failed_destinations.size() > kMaxDestinations)
      state.failed_destinations.resize(kMaxDestinations);
    devices_[device_of(item.at(0))] = std::move(state);
  }
}

}  // namespace gatewitness
