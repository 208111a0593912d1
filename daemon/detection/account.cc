// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/account.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr double kMiss = 0.01;          // beta
constexpr double kForgotten = 0.05;     // a share below that is none
constexpr double kRhythmChance = 1e-3;  // rarer than that by chance: it is a rhythm
constexpr double kRhythmWeight = 2;
constexpr double kSupportLowersBy = 1.5;  // where rules are judged one by one

constexpr std::size_t index(RuleId rule) {
  return static_cast<std::size_t>(rule);
}

// The most that one rule may hold, in nats; beyond the bound it would not say more.
double cap_of(RuleId rule) {
  switch (rule) {
    case RuleId::kPolicy:
    case RuleId::kRefusals:
    case RuleId::kSenders:
      return 6;
    case RuleId::kDialect:
    case RuleId::kMxQueries:
      return 3;
    case RuleId::kRhythm:
      return kRhythmWeight;
    default:
      return 30;
  }
}

bool is_support(RuleId rule) {
  return rule == RuleId::kDialect || rule == RuleId::kMxQueries || rule == RuleId::kRhythm;
}

constexpr RuleId kSumming[] = {RuleId::kPolicy,      RuleId::kFanOut,    RuleId::kFailedContacts,
                               RuleId::kCredentials, RuleId::kSenders,   RuleId::kRefusals,
                               RuleId::kDialect,     RuleId::kMxQueries, RuleId::kRhythm};

}  // namespace

double account_bound(const AccountOptions& options) {
  return std::log((1 - kMiss) / options.false_alarm);
}

Account::Account(const DetectionOptions& options)
    : options_(options), bound_(account_bound(options.account)) {}

void Account::decay(Entry& entry, Timestamp when) const {
  if (when <= entry.decayed) return;
  const double halves = std::chrono::duration<double>(when - entry.decayed) / options_.account.half_life;
  const auto factor = static_cast<float>(entry.decayed == Timestamp{} ? 1.0 : std::exp2(-halves));
  entry.decayed = when;
  bool empty = true;
  for (std::size_t i = 0; i < kRules; ++i) {
    entry.weight[i] *= factor;
    if (entry.weight[i] < kForgotten) entry.weight[i] = 0, entry.count[i] = 0;
    empty = empty && entry.weight[i] == 0;
  }
  if (empty) entry.attempts = entry.destinations = 0;
}

void Account::add(Entry& entry, const Term& term) const {
  decay(entry, term.when);
  if (std::all_of(entry.weight.begin(), entry.weight.end(), [](float w) { return w == 0; }))
    entry.began = term.time;
  const std::size_t i = index(term.rule);
  entry.weight[i] = static_cast<float>(std::clamp(entry.weight[i] + term.weight, 0.0, cap_of(term.rule)));
  if (term.weight > 0 && entry.count[i] < 0xffff) ++entry.count[i];
  entry.newest = std::max(entry.newest, term.time);
  if (term.ground != Ground::kNone) entry.ground = term.ground;
}

void Account::book(const std::vector<Term>& terms, std::vector<Verdict>& out) {
  std::map<DeviceId, Timestamp> worse;
  for (const Term& term : terms) {
    // An account is opened by what speaks against a device only.
    if (term.weight <= 0 && !devices_.contains(term.device)) continue;
    add(devices_[term.device], term);
    if (term.weight > 0) worse[term.device] = std::max(worse[term.device], term.time);
  }
  for (const auto& [device, time] : worse) {
    const Entry& entry = devices_[device];
    double score = 0, bound = 0;
    if (is_alarm(entry, score, bound)) out.push_back(verdict_of(device, entry, score, bound, time));
  }
}

bool Account::is_alarm(const Entry& entry, double& score, double& bound) const {
  const auto weight = [&](RuleId rule) { return static_cast<double>(entry.weight[index(rule)]); };
  bound = bound_;
  if (options_.account.enabled) {
    double alone = 0;
    for (const RuleId rule : kSumming) {
      score += weight(rule);
      if (!is_support(rule)) alone += weight(rule);
    }
    return score >= bound && alone > 0;
  }
  for (const RuleId support : {RuleId::kRefusals, RuleId::kDialect, RuleId::kMxQueries})
    bound -= weight(support) > 0 ? kSupportLowersBy : 0;
  score = weight(RuleId::kFanOut);
  if (score >= bound) return true;
  bound = bound_;
  score = std::max(weight(RuleId::kFailedContacts), weight(RuleId::kCredentials));
  return score >= bound;
}

Verdict Account::verdict_of(const DeviceId& device, const Entry& entry, double score, double bound,
                            Timestamp time) const {
  Verdict verdict;
  verdict.rule = RuleId::kAccount;
  verdict.device = device;
  verdict.severity = Severity::kAlarm;
  verdict.time = time;
  verdict.score = score;
  verdict.bound = bound;
  verdict.count = entry.attempts;
  verdict.destinations = entry.destinations;
  verdict.window = std::max(Duration(0), entry.newest - entry.began);
  for (const RuleId rule : kSumming) {
    const std::size_t i = index(rule);
    if (entry.weight[i] > 0) verdict.shares.push_back({rule, entry.weight[i], entry.count[i]});
  }
  std::sort(verdict.shares.begin(), verdict.shares.end(), [](const Share& a, const Share& b) {
    return std::tuple(-a.weight, a.rule) < std::tuple(-b.weight, b.rule);
  });
  const bool logins = entry.weight[index(RuleId::kCredentials)] * 2 >= score;
  verdict.kind = logins                                    ? Kind::kCredentialAbuse
                 : device.kind == DeviceId::Kind::kGateway ? Kind::kGatewaySends
                                                           : Kind::kDirectToMx;
  if (logins) verdict.ground = entry.ground;
  if (entry.rhythmic)
    verdict.rhythm = rhythm_of({entry.minutes.begin(), entry.minutes.begin() + entry.minutes_kept});
  return verdict;
}

void Account::count(const Settled& settled, std::vector<Term>& terms) {
  Entry& entry = devices_[settled.device];
  decay(entry, settled.when);
  ++entry.attempts;
  entry.destinations += settled.first_contact ? 1 : 0;
  entry.newest = std::max(entry.newest, settled.time);
  if (!options_.support.rhythm) return;
  using std::chrono::minutes;
  entry.minutes[entry.next_minute] =
      static_cast<uint32_t>(std::chrono::floor<minutes>(settled.time).time_since_epoch().count());
  entry.next_minute = static_cast<uint8_t>((entry.next_minute + 1) % kPhases);
  if (entry.minutes_kept < kPhases) ++entry.minutes_kept;
  const bool before = entry.rhythmic;
  entry.rhythmic =
      rhythm_of({entry.minutes.begin(), entry.minutes.begin() + entry.minutes_kept}).chance <= kRhythmChance;
  if (before != entry.rhythmic)
    terms.push_back({settled.device, RuleId::kRhythm, entry.rhythmic ? kRhythmWeight : -kRhythmWeight,
                     settled.when, settled.time});
}

nlohmann::json Account::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, entry] : devices_) {
    out.push_back({to_string(device), entry.weight, entry.count, ticks(entry.decayed), ticks(entry.began),
                   ticks(entry.newest), entry.attempts, entry.destinations, entry.minutes, entry.next_minute,
                   entry.minutes_kept, entry.rhythmic, static_cast<unsigned>(entry.ground)});
  }
  return out;
}

void Account::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    Entry entry;
    // A later version may know more rules, or keep more minutes: what fits is taken.
    for (std::size_t i = 0; i < std::min(kRules, item.at(1).size()); ++i) {
      entry.weight[i] = item.at(1).at(i).get<float>();
      entry.count[i] = whole<uint16_t>(item.at(2).at(i));
    }
    entry.decayed = time_of(item.at(3));
    entry.began = time_of(item.at(4));
    entry.newest = time_of(item.at(5));
    entry.attempts = whole<uint32_t>(item.at(6));
    entry.destinations = whole<uint32_t>(item.at(7));
    for (std::size_t i = 0; i < std::min(kPhases, item.at(8).size()); ++i)
      entry.minutes[i] = whole<uint32_t>(item.at(8).at(i));
    entry.next_minute = static_cast<uint8_t>(whole<unsigned>(item.at(9)) % kPhases);
    entry.minutes_kept = static_cast<uint8_t>(std::min<std::size_t>(whole<unsigned>(item.at(10)), kPhases));
    entry.rhythmic = item.at(11).get<bool>();
    entry.ground = static_cast<Ground>(whole<unsigned>(item.at(12)));
    devices_[device_of(item.at(0))] = entry;
  }
}

}  // namespace gatewitness
