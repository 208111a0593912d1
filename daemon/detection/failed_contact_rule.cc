// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/failed_contact_rule.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/model/destination.h"

namespace gatewitness {
namespace {

constexpr double kMiss = 0.01;       // beta: chance of missing a bot that behaves as bot_failure says
constexpr double kHomeMemory = 200;  // attempts after which older ones count half
constexpr Duration kForgotten =
    std::chrono::days(30);  // a destination unseen for so long is a first contact again

bool is_settled(wire::Outcome outcome) {
  return outcome != wire::Outcome::kSynOnly;
}
bool is_failure(wire::Outcome outcome) {
  return outcome == wire::Outcome::kSynOnly || outcome == wire::Outcome::kRefused ||
         outcome == wire::Outcome::kUnreachable;
}

}  // namespace

FailedContactRule::FailedContactRule(const FailedContactOptions& options)
    : options_(options),
      failure_step_(std::log(options.bot_failure / options.benign_failure)),
      success_step_(std::log((1 - options.bot_failure) / (1 - options.benign_failure))),
      bound_(std::log((1 - kMiss) / options.false_alarm)) {}

void FailedContactRule::observe(const Sighting& sighting, std::vector<Verdict>& out) {
  if (!sighting.port25 || sighting.role == Role::kMailServer) return;
  const auto& attempt = sighting.attempt;
  if (sighting.first) {
    const Prefix destination = destination_of(attempt.flow.destination.address);
    State& state = devices_[sighting.device];
    const auto known = state.contacted.find(destination);
    const bool first_contact = known == state.contacted.end() || attempt.started - known->second > kForgotten;
    remember(state, destination, attempt.started);
    if (waiting_.size() >= kMaxWaiting) {
      // The oldest cannot be waited for any more; it has had the least chance to be answered late.
      waiting_.erase(deadlines_.begin()->second);
      deadlines_.erase(deadlines_.begin());
    }
    // Told late (a queue, a clock that was set meanwhile) is not unanswered: the answer is told late as well.
    const Timestamp since = std::max(attempt.started, now_);
    waiting_[sighting.number] = {sighting.device, destination, attempt.started, since, first_contact};
    deadlines_.emplace(since + options_.no_answer, sighting.number);
  }
  if (!is_settled(attempt.outcome)) return;
  const auto found = waiting_.find(sighting.number);
  if (found == waiting_.end()) return;
  const Waiting settled = found->second;
  deadlines_.erase({settled.since + options_.no_answer, sighting.number});
  waiting_.erase(found);
  resolve(settled, is_failure(attempt.outcome), out);
}

void FailedContactRule::remember(State& state, const Prefix& destination, Timestamp time) {
  if (state.contacted.size() >= kMaxDestinations && !state.contacted.contains(destination)) {
    state.contacted.erase(std::min_element(state.contacted.begin(), state.contacted.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  state.contacted[destination] = time;
}

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

void FailedContactRule::resolve(const Waiting& attempt, bool failed, std::vector<Verdict>& out) {
  count_for_home(failed);
  if (!attempt.first_contact) return;
  State& state = devices_[attempt.device];
  state.score = std::max(0.0, state.score + (failed ? failure_step_ : success_step_));
  if (failed) {
    ++state.failures;
    if (state.failed_destinations.size() < kMaxDestinations)
      state.failed_destinations.insert(attempt.destination);
  }
  if (state.score == 0) {
    state.failures = 0;
    state.failed_destinations.clear();
    state.told = false;
  }
  if (!failed || state.score < bound_ || state.failed_destinations.size() < options_.destinations) return;
  state.told = true;
  Verdict verdict;
  verdict.rule = name();
  verdict.device = attempt.device;
  verdict.kind = Kind::kFailedContacts;
  verdict.severity = Severity::kAlarm;
  verdict.ground = upstream_blocks() ? Ground::kBlockedUpstream : Ground::kNone;
  verdict.time = attempt.started;
  verdict.count = state.failures;
  verdict.limit = static_cast<uint32_t>(std::ceil(bound_ / failure_step_));
  verdict.destinations = static_cast<uint32_t>(state.failed_destinations.size());
  out.push_back(verdict);
}

void FailedContactRule::tick(Timestamp now, std::vector<Verdict>& out) {
  now_ = std::max(now_, now);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const uint64_t number = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) continue;
    const Waiting silent = found->second;
    waiting_.erase(found);
    resolve(silent, true, out);
  }
}

std::optional<Timestamp> FailedContactRule::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void FailedContactRule::retract(const Sighting& sighting) {
  // What spoke another protocol was answered: at most it stands in the list of waiting ones.
  const auto found = waiting_.find(sighting.number);
  if (found == waiting_.end()) return;
  deadlines_.erase({found->second.since + options_.no_answer, sighting.number});
  waiting_.erase(found);
}

void FailedContactRule::forget(const DeviceId& device) {
  devices_.erase(device);
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.device == device; });
}

nlohmann::json FailedContactRule::save() const {
  using nlohmann::json;
  const auto ticks = [](Timestamp time) { return time.time_since_epoch().count(); };
  json devices = json::array();
  for (const auto& [device, state] : devices_) {
    json failed = json::array(), contacted = json::array();
    for (const auto& destination : state.failed_destinations) failed.push_back(to_string(destination));
    for (const auto& [destination, time] : state.contacted)
      contacted.push_back({to_string(destination), ticks(time)});
    devices.push_back({to_string(device), state.score, state.failures, state.told, std::move(failed),
                       std::move(contacted)});
  }
  json waiting = json::array();
  for (const auto& [number, entry] : waiting_) {
    waiting.push_back({number, to_string(entry.device), to_string(entry.destination), ticks(entry.started),
                       entry.first_contact, ticks(entry.since)});
  }
  return {{"home", {home_attempts_, home_failures_}},
          {"devices", std::move(devices)},
          {"waiting", std::move(waiting)}};
}

void FailedContactRule::restore(const nlohmann::json& saved) {
  const auto time = [](const nlohmann::json& ticks) { return Timestamp(Duration(ticks.get<int64_t>())); };
  home_attempts_ = saved.at("home").at(0).get<double>();
  home_failures_ = saved.at("home").at(1).get<double>();
  for (const auto& item : saved.at("devices")) {
    const auto device = DeviceId::parse(item.at(0).get<std::string>());
    if (!device) continue;
    State state;
    state.score = item.at(1).get<double>();
    state.failures = item.at(2).get<uint32_t>();
    state.told = item.at(3).get<bool>();
    for (const auto& text : item.at(4)) {
      if (const auto destination = Prefix::parse(text.get<std::string>()))
        state.failed_destinations.insert(*destination);
    }
    for (const auto& entry : item.at(5)) {
      const auto destination = Prefix::parse(entry.at(0).get<std::string>());
      if (destination) state.contacted[*destination] = time(entry.at(1));
    }
    devices_[*device] = std::move(state);
  }
  for (const auto& item : saved.at("waiting")) {
    const auto device = DeviceId::parse(item.at(1).get<std::string>());
    const auto destination = Prefix::parse(item.at(2).get<std::string>());
    if (!device || !destination || waiting_.size() >= kMaxWaiting) continue;
    const auto number = item.at(0).get<uint64_t>();
    const Timestamp started = time(item.at(3));
    const Timestamp since =
        item.size() > 5 ? time(item.at(5)) : started;  // an older build kept no time for it
    waiting_[number] = {*device, *destination, started, since, item.at(4).get<bool>()};
    deadlines_.emplace(since + options_.no_answer, number);
  }
}

}  // namespace gatewitness
