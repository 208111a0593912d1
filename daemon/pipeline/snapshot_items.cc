// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/snapshot_items.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/model/saved.h"
#include "probes/wire/codec.h"

namespace gatewitness::snapshot {

using nlohmann::json;

using nlohmann::json;

namespace {

json ticks_or_null(const std::optional<Timestamp>& time) {
  return time ? ticks(*time) : json(nullptr);
}
std::optional<Timestamp> time_or_none(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(time_of(value));
}
json raw(const std::string& text) {
  return json::binary({text.begin(), text.end()});
}
std::string raw_from(const json& value) {
  return {value.get_binary().begin(), value.get_binary().end()};
}

}  // namespace

json record(wire::Record value) {
  return json::binary(wire::encode({{"snapshot", 0, 0, Timestamp{}}, std::move(value)}));
}
json key(const AttemptKey& key) {
  return {key.probe, key.epoch, key.id};
}
AttemptKey key_from(const json& value) {
  return {value.at(0).get<std::string>(), whole<uint64_t>(value.at(1)), whole<uint64_t>(value.at(2))};
}

json tenure(const Tenure& t) {
  return {to_string(t.mac),  to_string(t.address), static_cast<unsigned>(t.source),
          ticks(t.from),     ticks(t.confirmed),   ticks_or_null(t.to),
          t.validity.count()};
}
Tenure tenure_from(const json& v) {
  return {MacAddress::parse(v.at(0).get<std::string>()).value(),
          IpAddress::parse(v.at(1).get<std::string>()).value(),
          static_cast<TenureSource>(whole<unsigned>(v.at(2))),
          time_of(v.at(3)),
          time_of(v.at(4)),
          time_or_none(v.at(5)),
          Duration(whole<int64_t>(v.at(6)))};
}

json gap(const KnownGap& known) {
  return {known.probe, record(known.gap)};
}
KnownGap gap_from(const json& v) {
  return {v.at(0).get<std::string>(), record_from<wire::CaptureGap>(v.at(1))};
}

json evidence(const AttemptEvidence& e) {
  json gaps = json::array();
  for (const auto& known : e.gaps) gaps.push_back(gap(known));
  return {key(e.key),
          to_string(e.device),
          record(e.attempt),
          e.from_frame,
          e.binding ? record(*e.binding) : json(nullptr),
          e.tenure ? tenure(*e.tenure) : json(nullptr),
          e.rival ? json(to_string(*e.rival)) : json(nullptr),
          e.addresses_behind,
          e.bindings_watched,
          std::move(gaps)};
}
AttemptEvidence evidence_from(const json& v) {
  AttemptEvidence e;
  e.key = key_from(v.at(0));
  e.device = device_of(v.at(1));
  e.attempt = record_from<wire::Attempt>(v.at(2));
  e.from_frame = v.at(3).get<bool>();
  if (!v.at(4).is_null()) e.binding = record_from<wire::Binding>(v.at(4));
  if (!v.at(5).is_null()) e.tenure = tenure_from(v.at(5));
  if (!v.at(6).is_null()) e.rival = MacAddress::parse(v.at(6).get<std::string>());
  e.addresses_behind = whole<uint32_t>(v.at(7));
  e.bindings_watched = v.at(8).get<bool>();
  for (const auto& known : v.at(9)) e.gaps.push_back(gap_from(known));
  return e;
}

json device(const DeviceId& id, const Device& d) {
  json facts = json::array();
  for (const auto& fact : d.identity.facts())
    facts.push_back({static_cast<unsigned>(fact.kind), raw(fact.value), ticks(fact.time)});
  return {to_string(id), ticks(d.first_seen), ticks(d.last_seen),        d.port25,        d.submission,
          d.other,       d.inbound,           ticks_or_null(d.mx_query), std::move(facts)};
}
void put_device(const json& v, PipelineState& state) {
  const DeviceId id = device_of(v.at(0));
  Device d = state.devices.fresh(id);
  d.first_seen = time_of(v.at(1));
  d.last_seen = time_of(v.at(2));
  d.port25 = whole<uint64_t>(v.at(3));
  d.submission = whole<uint64_t>(v.at(4));
  d.other = whole<uint64_t>(v.at(5));
  d.inbound = whole<uint64_t>(v.at(6));
  d.mx_query = time_or_none(v.at(7));
  for (const auto& f : v.at(8)) {
    d.identity.learn(
        {static_cast<wire::FactKind>(whole<unsigned>(f.at(0))), raw_from(f.at(1)), time_of(f.at(2))},
        state.options.identity);
  }
  state.devices.put_back(id, std::move(d));
}

json probe(const std::string& name, const ProbeView& p) {
  return {name,         p.epoch,         p.next_sequence,     p.records,
          p.lost,       p.restarts,      ticks(p.last_heard), ticks(p.last_time),
          p.has_status, record(p.status)};
}
void put_probe(const json& v, PipelineState& state) {
  ProbeView p;
  p.epoch = whole<uint64_t>(v.at(1));
  p.next_sequence = whole<uint64_t>(v.at(2));
  p.records = whole<uint64_t>(v.at(3));
  p.lost = whole<uint64_t>(v.at(4));
  p.restarts = whole<uint32_t>(v.at(5));
  p.last_heard = time_of(v.at(6));
  p.last_time = time_of(v.at(7));
  p.has_status = v.at(8).get<bool>();
  p.status = record_from<wire::ProbeStatus>(v.at(9));
  state.sight.put_back(v.at(0).get<std::string>(), std::move(p));
}

namespace {

json verdict(const Verdict& v) {
  json shares = json::array();
  for (const auto& share : v.shares)
    shares.push_back({static_cast<unsigned>(share.rule), share.weight, share.count});
  return {static_cast<unsigned>(v.rule),
          to_string(v.device),
          static_cast<unsigned>(v.kind),
          static_cast<unsigned>(v.severity),
          static_cast<unsigned>(v.ground),
          ticks(v.time),
          v.count,
          v.limit,
          v.destinations,
          v.window.count(),
          v.normal,
          v.score,
          v.bound,
          std::move(shares),
          {v.rhythm.phases_min, v.rhythm.days, v.rhythm.chance}};
}
// Version 1 named rules by their text and knew no accounts.
RuleId rule_from(const json& value) {
  if (value.is_number())
    return static_cast<RuleId>(std::min<std::size_t>(whole<std::size_t>(value), kRules - 1));
  for (std::size_t i = 0; i < kRules; ++i) {
    if (to_string(static_cast<RuleId>(i)) == value.get<std::string>()) return static_cast<RuleId>(i);
  }
  return RuleId::kPolicy;
}
Verdict verdict_from(const json& v) {
  Verdict out;
  out.rule = rule_from(v.at(0));
  out.device = device_of(v.at(1));
  out.kind = static_cast<Kind>(whole<unsigned>(v.at(2)));
  out.severity = static_cast<Severity>(whole<unsigned>(v.at(3)));
  out.ground = static_cast<Ground>(whole<unsigned>(v.at(4)));
  out.time = time_of(v.at(5));
  out.count = whole<uint32_t>(v.at(6));
  out.limit = whole<uint32_t>(v.at(7));
  out.destinations = whole<uint32_t>(v.at(8));
  out.window = Duration(whole<int64_t>(v.at(9)));
  out.normal = v.at(10).get<double>();
  if (v.size() < 15) return out;
  out.score = v.at(11).get<double>();
  out.bound = v.at(12).get<double>();
  for (const auto& share : v.at(13)) {
    out.shares.push_back({rule_from(share.at(0)), share.at(1).get<double>(), whole<uint32_t>(share.at(2))});
  }
  out.rhythm = {wholes<uint32_t>(v.at(14).at(0)), whole<uint32_t>(v.at(14).at(1)),
                v.at(14).at(2).get<double>()};
  return out;
}

}  // namespace

json incident(const Incident& i) {
  json verdicts = json::array(), attempts = json::array(), destinations = json::array();
  for (const auto& v : i.verdicts) verdicts.push_back(verdict(v));
  for (const auto& e : i.attempts) attempts.push_back(evidence(e));
  for (const auto& d : i.destinations) destinations.push_back(to_string(d));
  return {i.number,
          to_string(i.device),
          static_cast<unsigned>(i.kind),
          static_cast<unsigned>(i.severity),
          i.open,
          ticks(i.opened),
          ticks(i.updated),
          ticks_or_null(i.closed),
          i.revision,
          i.probe,
          std::move(verdicts),
          std::move(attempts),
          i.attempts_counted,
          std::move(destinations),
          ticks(i.cut),
          static_cast<unsigned>(i.blindness)};
}
Incident incident_from(const json& v) {
  Incident i;
  i.number = whole<uint64_t>(v.at(0));
  i.device = device_of(v.at(1));
  i.kind = static_cast<Kind>(whole<unsigned>(v.at(2)));
  i.severity = static_cast<Severity>(whole<unsigned>(v.at(3)));
  i.open = v.at(4).get<bool>();
  i.opened = time_of(v.at(5));
  i.updated = time_of(v.at(6));
  i.closed = time_or_none(v.at(7));
  i.revision = whole<uint32_t>(v.at(8));
  i.probe = v.at(9).get<std::string>();
  for (const auto& item : v.at(10)) i.verdicts.push_back(verdict_from(item));
  i.attempts.reserve(v.at(11).size());
  for (const auto& item : v.at(11)) i.attempts.push_back(evidence_from(item));
  i.attempts_counted = whole<uint64_t>(v.at(12));
  for (const auto& item : v.at(13)) i.destinations.insert(Prefix::parse(item.get<std::string>()).value());
  i.cut = time_of(v.at(14));
  // A snapshot from before there was more than one.
  if (v.size() > 15) i.blindness = static_cast<Blindness>(whole<unsigned>(v.at(15)) % kBlindnessCauses);
  return i;
}

}  // namespace gatewitness::snapshot
