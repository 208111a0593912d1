// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/scene.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/identity/identity.h"

namespace gatewitness {
namespace {

// A binding whose end nobody saw is believed for no longer than a mail session may last (RFC 5321
// section 4.5.3.2: timeouts of minutes, again and again).
constexpr Duration kLongestSession = std::chrono::hours(1);

bool same_outside(const wire::Binding& a, const wire::Binding& b) {
  return a.outside.source == b.outside.source && a.inside.destination == b.inside.destination;
}

}  // namespace

Scene::Scene(const Records& records, const TestifyOptions& options)
    : records_(records),
      options_(options),
      lan_(options.network),
      addresses_(options.attribution),
      bindings_(std::max<std::size_t>(records.bindings.size(), 1)) {
  for (const auto& own : records.own) {
    if (!own.until || *own.until >= records.from) lan_.learn(own.address);
  }
  for (const auto& kept : records.attempts) lan_.watched(kept.attempt.interface);
  for (const auto& kept : records.claims) {
    if (kept.claim.source != wire::ClaimSource::kNeighbour) lan_.watched(kept.claim.interface);
  }
  learn_addresses(records);
  learn_sight(records);
  for (const auto& binding : records.bindings) bindings_.learn(binding);
  add_attempts(records);
  add_bindings(records);
  std::stable_sort(sessions_.begin(), sessions_.end(),
                   [](const Session& a, const Session& b) { return a.began < b.began; });
}

// In the order of time: what is learned later ends what held before.
void Scene::learn_addresses(const Records& records) {
  struct Word {
    Timestamp time;
    const KeptClaim* claim = nullptr;
    const wire::Attempt* attempt = nullptr;
  };
  std::vector<Word> words;
  for (const auto& kept : records.claims) {
    words.push_back({kept.since, &kept, nullptr});
    if (kept.until > kept.since) words.push_back({kept.until, &kept, nullptr});
    const bool at_home =
        !lan_.is_gateway_mac(kept.claim.mac) && kept.claim.source != wire::ClaimSource::kNeighbour;
    if (at_home && !kept.claim.withdrawn && kept.until >= records.from && kept.since <= records.to)
      present_.insert(DeviceId::of(kept.claim.mac));
  }
  for (const auto& kept : records.attempts) {
    if (lan_.direction(kept.attempt) == Direction::kInbound) continue;
    words.push_back({kept.attempt.started, nullptr, &kept.attempt});
    words.push_back({kept.attempt.last, nullptr, &kept.attempt});
  }
  std::stable_sort(words.begin(), words.end(), [](const Word& a, const Word& b) { return a.time < b.time; });
  for (const Word& word : words) {
    if (word.claim != nullptr)
      addresses_.learn(word.claim->claim, word.time);
    else
      addresses_.seen(word.attempt->client_mac, word.attempt->flow.source.address, word.time);
  }
}

void Scene::learn_sight(const Records& records) {
  for (const auto& known : records.gaps) sight_.gap(known.probe, known.gap);
  if (!records.bindings.empty()) sight_.note_bindings();
  const auto& fact = records.facts;
  for (const auto& known : fact) {
    if (known.since <= records.to && known.until >= records.from && !lan_.is_gateway_mac(known.mac))
      present_.insert(DeviceId::of(known.mac));
  }
}

void Scene::add_attempts(const Records& records) {
  for (const auto& kept : records.attempts) {
    const auto& attempt = kept.attempt;
    if (attempt.is_mail == wire::IsMail::kNo || lan_.direction(attempt) != Direction::kOutbound) continue;
    Session session;
    session.evidence = gather(kept.key, attempt, {addresses_, bindings_, sight_});
    session.began = attempt.started;
    session.ended = attempt.last;
    session.began_earlier = attempt.mid_stream;
    session.end_unseen = !attempt.final;
    present_.insert(session.evidence.device);
    sessions_.push_back(std::move(session));
  }
}

bool Scene::outward(const wire::Binding& binding) const {
  const auto& to = binding.inside.destination.address;
  return binding.inside.protocol == kProtocolTcp && !lan_.is_home(to) && !lan_.is_gateway(to);
}

// Those that no frame speaks of: the gateway's own, what was offloaded, what began before the capture.
void Scene::add_bindings(const Records& records) {
  using Key = std::tuple<FiveTuple, FiveTuple, Timestamp>;
  std::set<Key> with_frame;
  for (const Session& session : sessions_) {
    const auto& own = session.evidence.binding;
    if (own) with_frame.insert({own->inside, own->outside, own->started});
  }
  const auto has_frame = [&](const wire::Binding& binding) {
    return with_frame.contains({binding.inside, binding.outside, binding.started});
  };
  for (const auto& binding : records.bindings) {
    if (!outward(binding) || has_frame(binding)) continue;
    const DeviceId device =
        binding.gateway_origin ? DeviceId::gateway() : DeviceId::of(binding.inside.source.address);
    Session session;
    session.evidence = gather(binding, device, {addresses_, bindings_, sight_});
    session.began = binding.started;
    session.began_earlier = binding.from_dump;
    session.end_unseen = !binding.ended;
    session.ended = binding.ended.value_or(std::max(binding.started, records.from) + kLongestSession);
    for (const auto& later : records.bindings) {
      if (!binding.ended && later.started > binding.started && same_outside(binding, later))
        session.ended = std::min(session.ended, later.started);
    }
    present_.insert(session.evidence.device);
    sessions_.push_back(std::move(session));
  }
}

namespace {

struct Known {
  Identity identity;
  Timestamp first = Timestamp::max(), last = Timestamp::min();
};

}  // namespace

Profile Scene::profile(const DeviceId& device) const {
  Profile profile;
  profile.device = device;
  if (device.kind == DeviceId::Kind::kGateway) {
    profile.device_class = "router";
    return profile;
  }
  if (device.kind != DeviceId::Kind::kMac) return profile;
  const bool made_up = device.mac.is_locally_administered();
  std::map<MacAddress, Known> known;
  known.emplace(device.mac,
                Known{Identity(device.mac, options_.identity), Timestamp::max(), Timestamp::min()});
  for (const auto& fact : records_.facts) {
    // Of others only where this one may be one of them.
    if (fact.since > records_.to || (fact.mac != device.mac && !made_up)) continue;
    auto found = known.find(fact.mac);
    if (found == known.end())
      found = known.emplace(fact.mac, Known{Identity(fact.mac, options_.identity)}).first;
    (void)found->second.identity.learn({fact.kind, fact.value, fact.until}, options_.identity);
    found->second.first = std::min(found->second.first, fact.since);
    found->second.last = std::max(found->second.last, fact.until);
  }
  const Identity& identity = known.at(device.mac).identity;
  profile.name = identity.name();
  profile.device_class = identity.device_class();
  profile.vendor = identity.vendor();
  profile.reasons = identity.reasons(options_.identity);
  profile.contradictions = identity.contradictions(options_.identity);
  if (made_up) {
    std::vector<SeenDevice> others;
    others.reserve(known.size());
    for (const auto& [mac, one] : known) others.push_back({mac, &one.identity, one.first, one.last});
    const auto self = std::find_if(others.begin(), others.end(),
                                   [&](const SeenDevice& one) { return one.mac == device.mac; });
    profile.link = link_of(*self, others, *options_.identity.rules);
  }
  const auto note = records_.owner.find(device.mac);
  if (note != records_.owner.end() && !note->second.name.empty()) profile.name = note->second.name;
  return profile;
}

}  // namespace gatewitness
