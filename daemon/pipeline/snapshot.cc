// SPDX-License-Identifier: Apache-2.0
//
// Records from the wire are kept in their wire form, so that they have one encoding; everything else is plain
// JSON in CBOR.
#include "daemon/pipeline/snapshot.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "probes/wire/codec.h"

namespace gatewitness {
namespace {

using nlohmann::json;

json ticks(Timestamp time) {
  return time.time_since_epoch().count();
}
Timestamp time_from(const json& value) {
  return Timestamp(Duration(value.get<int64_t>()));
}
json ticks_or_null(const std::optional<Timestamp>& time) {
  return time ? ticks(*time) : json(nullptr);
}
std::optional<Timestamp> time_or_none(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(time_from(value));
}
json raw(const std::string& text) {
  return json::binary({text.begin(), text.end()});
}
std::string raw_from(const json& value) {
  return {value.get_binary().begin(), value.get_binary().end()};
}

json record(wire::Record value) {
  return json::binary(wire::encode({{"snapshot", 0, 0, Timestamp{}}, std::move(value)}));
}
template <typename T>
T record_from(const json& value) {
  auto decoded = wire::decode(value.get_binary());
  if (!decoded || !std::holds_alternative<T>(decoded->record))
    throw json::other_error::create(501, "a record", nullptr);
  return std::get<T>(std::move(decoded->record));
}

DeviceId device_from(const json& value) {
  const auto device = DeviceId::parse(value.get<std::string>());
  if (!device) throw json::other_error::create(501, "a device", nullptr);
  return *device;
}

json key(const AttemptKey& key) {
  return {key.probe, key.epoch, key.id};
}
AttemptKey key_from(const json& value) {
  return {value.at(0).get<std::string>(), value.at(1).get<uint64_t>(), value.at(2).get<uint64_t>()};
}

json tenure(const Tenure& t) {
  return {to_string(t.mac),  to_string(t.address), static_cast<unsigned>(t.source),
          ticks(t.from),     ticks(t.confirmed),   ticks_or_null(t.to),
          t.validity.count()};
}
Tenure tenure_from(const json& v) {
  return {MacAddress::parse(v.at(0).get<std::string>()).value(),
          IpAddress::parse(v.at(1).get<std::string>()).value(),
          static_cast<TenureSource>(v.at(2).get<unsigned>()),
          time_from(v.at(3)),
          time_from(v.at(4)),
          time_or_none(v.at(5)),
          Duration(v.at(6).get<int64_t>())};
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
  e.device = device_from(v.at(1));
  e.attempt = record_from<wire::Attempt>(v.at(2));
  e.from_frame = v.at(3).get<bool>();
  if (!v.at(4).is_null()) e.binding = record_from<wire::Binding>(v.at(4));
  if (!v.at(5).is_null()) e.tenure = tenure_from(v.at(5));
  if (!v.at(6).is_null()) e.rival = MacAddress::parse(v.at(6).get<std::string>());
  e.addresses_behind = v.at(7).get<uint32_t>();
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
  const DeviceId id = device_from(v.at(0));
  Device d = state.devices.fresh(id);
  d.first_seen = time_from(v.at(1));
  d.last_seen = time_from(v.at(2));
  d.port25 = v.at(3).get<uint64_t>();
  d.submission = v.at(4).get<uint64_t>();
  d.other = v.at(5).get<uint64_t>();
  d.inbound = v.at(6).get<uint64_t>();
  d.mx_query = time_or_none(v.at(7));
  for (const auto& f : v.at(8)) {
    d.identity.learn(
        {static_cast<wire::FactKind>(f.at(0).get<unsigned>()), raw_from(f.at(1)), time_from(f.at(2))},
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
  p.epoch = v.at(1).get<uint64_t>();
  p.next_sequence = v.at(2).get<uint64_t>();
  p.records = v.at(3).get<uint64_t>();
  p.lost = v.at(4).get<uint64_t>();
  p.restarts = v.at(5).get<uint32_t>();
  p.last_heard = time_from(v.at(6));
  p.last_time = time_from(v.at(7));
  p.has_status = v.at(8).get<bool>();
  p.status = record_from<wire::ProbeStatus>(v.at(9));
  state.sight.put_back(v.at(0).get<std::string>(), std::move(p));
}

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
    return static_cast<RuleId>(std::min<std::size_t>(value.get<std::size_t>(), kRules - 1));
  for (std::size_t i = 0; i < kRules; ++i) {
    if (to_string(static_cast<RuleId>(i)) == value.get<std::string>()) return static_cast<RuleId>(i);
  }
  return RuleId::kPolicy;
}
Verdict verdict_from(const json& v) {
  Verdict out;
  out.rule = rule_from(v.at(0));
  out.device = device_from(v.at(1));
  out.kind = static_cast<Kind>(v.at(2).get<unsigned>());
  out.severity = static_cast<Severity>(v.at(3).get<unsigned>());
  out.ground = static_cast<Ground>(v.at(4).get<unsigned>());
  out.time = time_from(v.at(5));
  out.count = v.at(6).get<uint32_t>();
  out.limit = v.at(7).get<uint32_t>();
  out.destinations = v.at(8).get<uint32_t>();
  out.window = Duration(v.at(9).get<int64_t>());
  out.normal = v.at(10).get<double>();
  if (v.size() < 15) return out;
  out.score = v.at(11).get<double>();
  out.bound = v.at(12).get<double>();
  for (const auto& share : v.at(13)) {
    out.shares.push_back({rule_from(share.at(0)), share.at(1).get<double>(), share.at(2).get<uint32_t>()});
  }
  out.rhythm = {v.at(14).at(0).get<std::vector<uint32_t>>(), v.at(14).at(1).get<uint32_t>(),
                v.at(14).at(2).get<double>()};
  return out;
}

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
  i.number = v.at(0).get<uint64_t>();
  i.device = device_from(v.at(1));
  i.kind = static_cast<Kind>(v.at(2).get<unsigned>());
  i.severity = static_cast<Severity>(v.at(3).get<unsigned>());
  i.open = v.at(4).get<bool>();
  i.opened = time_from(v.at(5));
  i.updated = time_from(v.at(6));
  i.closed = time_or_none(v.at(7));
  i.revision = v.at(8).get<uint32_t>();
  i.probe = v.at(9).get<std::string>();
  for (const auto& item : v.at(10)) i.verdicts.push_back(verdict_from(item));
  for (const auto& item : v.at(11)) i.attempts.push_back(evidence_from(item));
  i.attempts_counted = v.at(12).get<uint64_t>();
  for (const auto& item : v.at(13)) i.destinations.insert(Prefix::parse(item.get<std::string>()).value());
  i.cut = time_from(v.at(14));
  // A snapshot from before there was more than one.
  if (v.size() > 15) i.blindness = static_cast<Blindness>(v.at(15).get<unsigned>() % kBlindnessCauses);
  return i;
}

void restore_parts(const json& saved, PipelineState& state) {
  state.now = time_from(saved.at("now"));
  for (const auto& item : saved.at("local")) state.lan.learn(record_from<wire::LocalAddress>(item));
  for (const auto& item : saved.at("watched")) state.lan.watched(item.get<std::string>());
  for (const auto& item : saved.at("tenures")) state.addresses.put_back(tenure_from(item));
  for (const auto& item : saved.at("bindings")) state.bindings.learn(record_from<wire::Binding>(item));
  for (const auto& item : saved.at("waiting")) {
    state.waiting_bindings.emplace(time_from(item.at(0)), record_from<wire::Binding>(item.at(1)));
  }
  for (const auto& item : saved.at("probes")) put_probe(item, state);
  for (const auto& item : saved.at("gaps")) {
    const auto known = gap_from(item);
    state.sight.gap(known.probe, known.gap);
  }
  if (saved.at("bindings_watched").get<bool>()) state.sight.note_bindings();
  for (const auto& item : saved.at("devices")) put_device(item, state);
  state.smarthosts.restore(saved.at("smarthosts"));
  // What version 1 had learned is of another kind: it is learned anew.
  if (saved.at("version") != 1) state.detector.restore(saved.at("detector"));
  std::vector<Incident> incidents;
  for (const auto& item : saved.at("incidents")) incidents.push_back(incident_from(item));
  state.incidents.put_back(std::move(incidents), saved.at("next_incident").get<uint64_t>());
  std::map<AttemptKey, KnownAttempt> known;
  for (const auto& item : saved.at("known")) {
    known[key_from(item.at(0))] = {item.at(1).get<uint64_t>(), device_from(item.at(2)), key_from(item.at(3)),
                                   item.at(4).get<bool>()};
  }
  std::deque<AttemptEvidence> recent;
  for (const auto& item : saved.at("recent")) recent.push_back(evidence_from(item));
  state.ledger.put_back(std::move(known), std::move(recent), saved.at("next_attempt").get<uint64_t>());
}

}  // namespace

std::vector<uint8_t> save_state(const PipelineState& state) {
  json saved = {{"version", kSnapshotVersion},
                {"now", ticks(state.now)},
                {"bindings_watched", state.sight.has_probe_with_bindings()},
                {"smarthosts", state.smarthosts.save()},
                {"next_incident", state.incidents.next_number()},
                {"next_attempt", state.ledger.next_number()},
                {"watched", state.lan.interfaces()},
                {"detector", state.detector.save()}};
  for (const char* list : {"local", "tenures", "bindings", "waiting", "probes", "gaps", "devices",
                           "incidents", "known", "recent"}) {
    saved[list] = json::array();
  }
  for (const auto& [where, address] : state.lan.local_addresses()) saved["local"].push_back(record(address));
  for (const auto& [address, list] : state.addresses.all()) {
    for (const auto& t : list) saved["tenures"].push_back(tenure(t));
  }
  for (const auto& binding : state.bindings.all()) saved["bindings"].push_back(record(binding));
  for (const auto& [due, binding] : state.waiting_bindings)
    saved["waiting"].push_back({ticks(due), record(binding)});
  for (const auto& [name, view] : state.sight.probes()) saved["probes"].push_back(probe(name, view));
  for (const auto& known : state.sight.gaps()) saved["gaps"].push_back(gap(known));
  for (const auto& [id, d] : state.devices.all()) saved["devices"].push_back(device(id, d));
  for (const auto& i : state.incidents.all()) saved["incidents"].push_back(incident(i));
  for (const auto& [k, known] : state.ledger.known()) {
    saved["known"].push_back(
        {key(k), known.number, to_string(known.device), key(known.evidence_key), known.counted});
  }
  for (const auto& e : state.ledger.recent()) saved["recent"].push_back(evidence(e));
  return json::to_cbor(saved);
}

std::expected<void, std::string> restore_state(std::span<const uint8_t> snapshot, PipelineState& state) {
  try {
    const json saved = json::from_cbor(snapshot.begin(), snapshot.end());
    const auto version = saved.at("version").get<uint32_t>();
    if (version < 1 || version > kSnapshotVersion)
      return std::unexpected("the snapshot is of another version");
    restore_parts(saved, state);
  } catch (const json::exception& error) {
    return std::unexpected(std::string("the snapshot cannot be read: ") + error.what());
  } catch (const std::bad_optional_access&) {
    return std::unexpected("the snapshot cannot be read: an address in it is none");
  }
  return {};
}

}  // namespace gatewitness
