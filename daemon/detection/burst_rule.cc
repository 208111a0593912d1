// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/burst_rule.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/model/destination.h"

namespace gatewitness {
namespace {

// An ongoing burst is told again at most this often, and once more so long after its last attempt: the
// incident's figures stay fresh and end up whole.
constexpr Duration kRetell = std::chrono::seconds(1);
// A normal that is learned anew adapts at most for so many days at once: a clock that jumps by years must not
// take for ever.
constexpr int64_t kMostDays = 60;

int64_t day_of(Timestamp time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

}  // namespace

double poisson_tail(double mean, uint32_t count) {
  if (count == 0) return 1;
  if (mean <= 0) return 0;
  double below = 0;
  for (uint32_t k = 0; k < count; ++k) below += std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
  return std::max(0.0, 1 - below);
}

// Whole days that have passed enter the normal, also those without an attempt.
void BurstRule::roll_day(State& state, Timestamp time) const {
  const int64_t day = day_of(time);
  if (state.day == 0) state.day = day;
  if (day <= state.day) return;  // also a clock that was set back: nothing is forgotten
  const int64_t days = std::min(day - state.day, kMostDays);
  for (int64_t i = 0; i < days; ++i) {
    const double counted = i == 0 ? state.today : 0;
    state.normal = state.learned ? state.normal + options_.daily_weight * (counted - state.normal) : counted;
    state.learned = true;
  }
  state.day = day;
  state.today = 0;
}

BurstRule::Count BurstRule::count_within(const State& state, Timestamp end, Duration window) {
  const auto begin = std::upper_bound(state.seen.begin(), state.seen.end(), end - window,
                                      [](Timestamp t, const Seen& seen) { return t < seen.time; });
  Count count;
  count.attempts = static_cast<uint32_t>(state.seen.end() - begin);
  // Beyond so many it does not matter how many more, and a burst to thousands must stay cheap.
  constexpr std::size_t kEnough = 64;
  std::vector<Prefix> destinations;
  for (auto seen = begin; seen != state.seen.end() && destinations.size() < kEnough; ++seen) {
    const bool known =
        std::find(destinations.begin(), destinations.end(), seen->destination) != destinations.end();
    if (!known) destinations.push_back(seen->destination);
  }
  count.destinations = static_cast<uint32_t>(destinations.size());
  return count;
}

std::optional<Verdict> BurstRule::judge(const State& state, Timestamp time) const {
  Verdict verdict;
  verdict.rule = name();
  verdict.kind = Kind::kBurst;
  verdict.severity = Severity::kAlarm;
  verdict.time = time;
  const auto conclude = [&](Ground ground, Count count, uint32_t limit, Duration window) {
    verdict.ground = ground;
    verdict.count = count.attempts;
    verdict.destinations = count.destinations;
    verdict.limit = limit;
    verdict.window = window;
    return verdict;
  };
  const Count brief = count_within(state, time, options_.short_window);
  if (brief.attempts >= options_.short_attempts && brief.destinations >= options_.destinations) {
    return conclude(Ground::kShortWindow, brief, options_.short_attempts, options_.short_window);
  }
  const Count extended = count_within(state, time, options_.long_window);
  if (extended.attempts < options_.long_attempts) return std::nullopt;
  if (extended.destinations >= options_.destinations) {
    return conclude(Ground::kLongWindow, extended, options_.long_attempts, options_.long_window);
  }
  const double windows_per_day = std::chrono::duration<double>(std::chrono::days(1)) / options_.long_window;
  verdict.normal = state.normal / windows_per_day;
  if (poisson_tail(verdict.normal, extended.attempts) > options_.surprise) return std::nullopt;
  return conclude(Ground::kOverNormal, extended, options_.long_attempts, options_.long_window);
}

void BurstRule::observe(const Sighting& sighting, std::vector<Verdict>& out) {
  if (!sighting.first || !sighting.port25) return;
  State& state = devices_[sighting.device];
  const Timestamp time = sighting.attempt.started;
  roll_day(state, time);
  ++state.today;
  // By time, whatever the order of arrival.
  const auto later = std::upper_bound(state.seen.begin(), state.seen.end(), time,
                                      [](Timestamp t, const Seen& seen) { return t < seen.time; });
  state.seen.insert(later,
                    {time, sighting.number, destination_of(sighting.attempt.flow.destination.address)});
  while (state.seen.size() > kMaxKept ||
         state.seen.front().time <= state.seen.back().time - options_.long_window) {
    state.seen.pop_front();
  }
  auto verdict = judge(state, time);
  if (!verdict) return;
  if (state.told != Timestamp{} && time - state.told < kRetell && time >= state.told) {
    owed_.emplace(sighting.device, state.told + kRetell);
    return;
  }
  tell(sighting.device, state, *verdict, out);
}

void BurstRule::tell(const DeviceId& device, State& state, Verdict verdict, std::vector<Verdict>& out) {
  state.told = verdict.time;
  owed_.erase(device);
  verdict.device = device;
  out.push_back(verdict);
}

void BurstRule::tick(Timestamp now, std::vector<Verdict>& out) {
  for (auto owed = owed_.begin(); owed != owed_.end();) {
    const auto [device, due] = *owed++;  // telling erases it
    if (due > now) continue;
    State& state = devices_[device];
    const auto verdict = state.seen.empty() ? std::nullopt : judge(state, state.seen.back().time);
    if (verdict) tell(device, state, *verdict, out);
    owed_.erase(device);
  }
}

std::optional<Timestamp> BurstRule::next_deadline() const {
  std::optional<Timestamp> next;
  for (const auto& [device, due] : owed_) next = next ? std::min(*next, due) : due;
  return next;
}

void BurstRule::forget(const DeviceId& device) {
  devices_.erase(device);
  owed_.erase(device);
}

void BurstRule::retract(const Sighting& sighting) {
  const auto found = devices_.find(sighting.device);
  if (found == devices_.end()) return;
  State& state = found->second;
  const auto erased =
      std::erase_if(state.seen, [&](const Seen& seen) { return seen.number == sighting.number; });
  if (erased > 0 && state.today > 0) --state.today;
}

nlohmann::json BurstRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_) {
    auto seen = nlohmann::json::array();
    for (const auto& entry : state.seen) {
      seen.push_back({entry.time.time_since_epoch().count(), entry.number, to_string(entry.destination)});
    }
    out.push_back({to_string(device), state.normal, state.day, state.today, state.learned,
                   state.told.time_since_epoch().count(), std::move(seen)});
  }
  return out;
}

void BurstRule::restore(const nlohmann::json& saved) {
  for (const auto& item : saved) {
    const auto device = DeviceId::parse(item.at(0).get<std::string>());
    if (!device) continue;
    State state;
    state.normal = item.at(1).get<double>();
    state.day = item.at(2).get<int64_t>();
    state.today = item.at(3).get<uint32_t>();
    state.learned = item.at(4).get<bool>();
    state.told = Timestamp(Duration(item.at(5).get<int64_t>()));
    for (const auto& entry : item.at(6)) {
      const auto destination = Prefix::parse(entry.at(2).get<std::string>());
      if (!destination || state.seen.size() >= kMaxKept) continue;
      state.seen.push_back(
          {Timestamp(Duration(entry.at(0).get<int64_t>())), entry.at(1).get<uint64_t>(), *destination});
    }
    devices_[*device] = std::move(state);
  }
}

}  // namespace gatewitness
