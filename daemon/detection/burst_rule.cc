// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/burst_rule.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// A burst is first told after so long, when short sessions have shown what they are ...
constexpr Duration kPatience = std::chrono::seconds(2);
// ... and an ongoing one again at most this often, and once more so long after its last attempt: the
// incident's figures stay fresh and end up whole.
constexpr Duration kRetell = std::chrono::seconds(1);
// A burst that was told so long ago is a new one.
constexpr Duration kOver = std::chrono::minutes(10);
// A normal that is learned anew adapts at most for so many days at once.
constexpr int64_t kMostDays = 60;
// What says little (failed, or under TLS) to one server counts from so many times the limit.
constexpr uint32_t kOneServerFactor = 5;
constexpr double kPeakFades = 0.977;  // a day: half in thirty

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
void BurstRule::roll_day(State& state, Timestamp when) const {
  const int64_t day = day_of(when);
  if (state.day == 0) state.day = day;
  if (day <= state.day) return;  // also an attempt that comes late: nothing is forgotten
  const int64_t days = std::min(day - state.day, kMostDays);
  for (int64_t i = 0; i < days; ++i) {
    const double counted = i == 0 ? state.today : 0;
    state.normal = state.days > 0 ? state.normal + options_.daily_weight * (counted - state.normal) : counted;
    state.peak = std::max<double>(state.peak * kPeakFades, i == 0 ? state.today_peak : 0);
    ++state.days;
  }
  state.day = day;
  state.today = state.today_peak = 0;
}

uint32_t BurstRule::destinations_within(const State& state, Timestamp end, Duration window) const {
  return static_cast<uint32_t>(std::count_if(state.destinations.begin(), state.destinations.end(),
                                             [&](const Seen& seen) { return seen.when > end - window; }));
}

std::optional<Verdict> BurstRule::judge(State& state) const {
  if (state.serves) return judge_server(state);
  Verdict verdict;
  verdict.rule = id();
  verdict.kind = Kind::kBurst;
  verdict.severity = Severity::kAlarm;
  verdict.time = state.shown;
  const auto conclude = [&](Ground ground, uint32_t count, uint32_t limit, Duration window) {
    verdict.ground = ground;
    verdict.count = count;
    verdict.destinations = destinations_within(state, state.when, window);
    verdict.limit = limit;
    verdict.window = window;
    return verdict;
  };
  const uint32_t brief = state.brief.within(state.when, options_.short_window);
  if (brief >= options_.short_attempts &&
      destinations_within(state, state.when, options_.short_window) >= options_.destinations)
    return conclude(Ground::kShortWindow, brief, options_.short_attempts, options_.short_window);
  const uint32_t extended = state.extended.within(state.when, options_.long_window);
  if (extended < options_.long_attempts) return std::nullopt;
  if (destinations_within(state, state.when, options_.long_window) >= options_.destinations)
    return conclude(Ground::kLongWindow, extended, options_.long_attempts, options_.long_window);
  const uint32_t silent = std::min(extended, state.idle_talk.within(state.when, options_.long_window));
  if (extended - silent < options_.long_attempts &&
      extended - silent + silent / kOneServerFactor < options_.long_attempts)
    return std::nullopt;
  const double windows_per_day = std::chrono::duration<double>(std::chrono::days(1)) / options_.long_window;
  verdict.normal = state.normal / windows_per_day;
  if (poisson_tail(verdict.normal, extended) > options_.surprise) return std::nullopt;
  return conclude(Ground::kOverNormal, extended, options_.long_attempts, options_.long_window);
}

std::optional<Verdict> BurstRule::judge_server(State& state) const {
  const uint32_t extended = state.extended.within(state.when, options_.long_window);
  const double over_peak = std::max<double>(options_.server_attempts, options_.server_factor * state.peak);
  const auto limit = state.days < options_.server_days
                         ? std::max(options_.server_unlearned, static_cast<uint32_t>(over_peak))
                         : static_cast<uint32_t>(over_peak);
  if (extended < limit) {
    state.today_peak = std::max(state.today_peak, extended);
    return std::nullopt;
  }
  Verdict verdict;
  verdict.rule = id();
  verdict.kind = Kind::kBurst;
  verdict.severity = Severity::kAlarm;
  verdict.ground = Ground::kOverNormal;
  verdict.time = state.shown;
  verdict.count = extended;
  verdict.limit = limit;
  verdict.window = options_.long_window;
  verdict.destinations = destinations_within(state, state.when, options_.long_window);
  verdict.normal = state.peak;
  return verdict;
}

void BurstRule::observe(const Sighting& sighting, Findings& out) {
  if (!sighting.first || !sighting.port25 || sighting.smarthost || sighting.scanning) return;
  State& state = devices_[sighting.device];
  state.serves = sighting.serves_mail;
  roll_day(state, sighting.when);
  ++state.today;
  state.brief.add(sighting.when, options_.short_window, 1);
  state.extended.add(sighting.when, options_.long_window, 1);
  const uint64_t destination = key_of(destination_of(sighting.attempt.flow.destination.address));
  std::erase_if(state.destinations, [&](const Seen& seen) {
    return seen.destination == destination || seen.when <= sighting.when - options_.long_window;
  });
  if (state.destinations.size() >= kMaxDestinations) state.destinations.erase(state.destinations.begin());
  state.destinations.push_back({destination, sighting.when});
  if (sighting.when >= state.when) state.when = sighting.when, state.shown = sighting.attempt.started;
  auto verdict = judge(state);
  if (!verdict) return;
  const bool ongoing = state.told != Timestamp{} && state.when - state.told < kOver;
  if (ongoing && state.when - state.told >= kRetell)
    tell(sighting.device, state, *verdict, out);
  else
    owed_.emplace(sighting.device, ongoing ? state.told + kRetell : state.when + kPatience);
}

void BurstRule::settle(const Settled& settled, Findings&) {
  const auto found = devices_.find(settled.device);
  if (found == devices_.end() || settled.smarthost) return;
  if (settled.nature == Nature::kIdle || settled.nature == Nature::kAuthenticated || settled.scanning)
    take_back(found->second, settled.when);
  else if (settled.failed() || settled.nature == Nature::kOpaque)
    found->second.idle_talk.add(settled.when, options_.long_window, 1);
}

void BurstRule::take_back(State& state, Timestamp when) {
  state.brief.add(when, options_.short_window, -1);
  state.extended.add(when, options_.long_window, -1);
  if (state.today > 0 && day_of(when) == state.day) --state.today;
}

void BurstRule::retract(const Sighting& sighting) {
  const auto found = devices_.find(sighting.device);
  if (found == devices_.end() || !sighting.port25) return;
  take_back(found->second, sighting.when);
}

void BurstRule::tell(const DeviceId& device, State& state, Verdict verdict, Findings& out) {
  state.told = state.when;
  owed_.erase(device);
  verdict.device = device;
  out.verdicts.push_back(std::move(verdict));
}

void BurstRule::tick(Timestamp now, Findings& out) {
  for (auto owed = owed_.begin(); owed != owed_.end();) {
    const auto [device, due] = *owed++;  // telling erases it
    if (due > now) continue;
    State& state = devices_[device];
    if (const auto verdict = judge(state)) tell(device, state, *verdict, out);
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

nlohmann::json BurstRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_) {
    auto counts = nlohmann::json::array(), seen = nlohmann::json::array();
    for (const SlidingCount* count : {&state.brief, &state.extended, &state.idle_talk})
      counts.push_back({count->slots(), count->newest()});
    for (const auto& entry : state.destinations) seen.push_back({entry.destination, ticks(entry.when)});
    out.push_back({to_string(device), std::move(counts), std::move(seen), state.normal, state.peak, state.day,
                   state.today, state.days, state.serves, ticks(state.when), ticks(state.shown),
                   ticks(state.told), state.today_peak});
  }
  return out;
}

void BurstRule::restore(const nlohmann::json& saved) {
  for (const auto& item : saved) {
    State state;
    std::size_t i = 0;
    for (SlidingCount* count : {&state.brief, &state.extended, &state.idle_talk}) {
      const auto& entry = item.at(1).at(i++);
      count->put_back(whole_array<uint16_t, SlidingCount::kSlots>(entry.at(0)), whole<int64_t>(entry.at(1)));
    }
    for (const auto& entry : item.at(2)) {
      if (state.destinations.size() < kMaxDestinations)
        state.destinations.push_back({whole<uint64_t>(entry.at(0)), time_of(entry.at(1))});
    }
    state.normal = item.at(3).get<double>();
    state.peak = item.at(4).get<double>();
    state.day = whole<int64_t>(item.at(5));
    state.today = whole<uint32_t>(item.at(6));
    state.days = whole<uint32_t>(item.at(7));
    state.serves = item.at(8).get<bool>();
    state.when = time_of(item.at(9));
    state.shown = time_of(item.at(10));
    state.told = time_of(item.at(11));
    state.today_peak = whole<uint32_t>(item.at(12));
    devices_[device_of(item.at(0))] = std::move(state);
  }
}

}  // namespace gatewitness
