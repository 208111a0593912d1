// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/snapshot.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "daemon/model/saved.h"
#include "daemon/pipeline/pieces.h"
#include "daemon/pipeline/snapshot_items.h"

namespace gatewitness {
namespace {

using nlohmann::json;
using namespace snapshot;

// Up to this version a snapshot was one map; since then it is in pieces: first a map of what there is one of,
// then [list, element] for each element of each list, and at the end null.
constexpr uint32_t kLastInOneMap = 2;
constexpr const char* kLists[] = {"local", "tenures", "bindings",  "waiting", "probes",
                                  "gaps",  "devices", "incidents", "known",   "recent"};

class Restorer {
 public:
  explicit Restorer(PipelineState& state) : state_(state) {}

  void put_head(const json& head) {
    version_ = whole<uint32_t>(head.at("version"));
    if (version_ < 1 || version_ > kSnapshotVersion)
      throw json::other_error::create(501, "it is of another version", nullptr);
    state_.now = time_of(head.at("now"));
    next_incident_ = whole<uint64_t>(head.at("next_incident"));
    next_attempt_ = whole<uint64_t>(head.at("next_attempt"));
    for (const auto& item : head.at("watched")) state_.lan.watched(item.get<std::string>());
    if (head.at("bindings_watched").get<bool>()) state_.sight.note_bindings();
    state_.smarthosts.restore(head.at("smarthosts"));
  }

  void put(std::string_view list, const json& item) {
    if (list == "local") return state_.lan.learn(record_from<wire::LocalAddress>(item));
    if (list == "tenures") return state_.addresses.put_back(tenure_from(item));
    if (list == "bindings") return (void)state_.bindings.learn(record_from<wire::Binding>(item));
    if (list == "waiting")
      return (void)state_.waiting_bindings.emplace(time_of(item.at(0)),
                                                   record_from<wire::Binding>(item.at(1)));
    if (list == "probes") return put_probe(item, state_);
    if (list == "gaps") return put_gap(gap_from(item));
    if (list == "devices") return put_device(item, state_);
    if (list == "detector")
      return state_.detector.restore(item.at(0).get_ref<const std::string&>(), item.at(1));
    if (list == "incidents") return incidents_.push_back(incident_from(item));
    if (list == "recent") return recent_.push_back(evidence_from(item));
    if (list == "known") {
      known_[key_from(item.at(0))] = {whole<uint64_t>(item.at(1)), device_of(item.at(2)),
                                      key_from(item.at(3)), item.at(4).get<bool>()};
    }
  }

  void finish() {
    state_.incidents.put_back(std::move(incidents_), next_incident_);
    state_.ledger.put_back(std::move(known_), std::move(recent_), next_attempt_);
  }

 private:
  void put_gap(const KnownGap& known) { state_.sight.gap(known.probe, known.gap); }

  PipelineState& state_;
  uint32_t version_ = 0;
  uint64_t next_incident_ = 0;
  uint64_t next_attempt_ = 0;
  std::vector<Incident> incidents_;
  std::map<AttemptKey, KnownAttempt> known_;
  std::deque<AttemptEvidence> recent_;
};

void restore_map(std::span<const uint8_t> snapshot, Restorer& restorer) {
  const json saved = json::from_cbor(snapshot.begin(), snapshot.end());
  if (whole<uint32_t>(saved.at("version")) > kLastInOneMap)
    throw json::other_error::create(501, "it is of another version", nullptr);
  restorer.put_head(saved);
  // What version 1 had learned is of another kind: it is learned anew.
  if (saved.at("version") != 1) {
    for (const auto& part : saved.at("detector").items())
      if (part.key() != "rules") restorer.put("detector", json::array({part.key(), part.value()}));
    for (const auto& rule : saved.at("detector").at("rules").items())
      restorer.put("detector", json::array({Detector::kRulePart + rule.key(), rule.value()}));
  }
  for (const char* list : kLists)
    for (const auto& item : saved.at(list)) restorer.put(list, item);
}

void restore_pieces(std::span<const uint8_t> snapshot, Restorer& restorer) {
  restorer.put_head(take_piece(snapshot));
  while (true) {
    const json piece = take_piece(snapshot);
    if (piece.is_null()) return;
    restorer.put(piece.at(0).get_ref<const std::string&>(), piece.at(1));
  }
}

}  // namespace

void save_state(const PipelineState& state, std::vector<uint8_t>& to) {
  const auto add = [&](const char* list, json item) { add_piece(to, json::array({list, std::move(item)})); };
  add_piece(to, {{"version", kSnapshotVersion},
                 {"now", ticks(state.now)},
                 {"bindings_watched", state.sight.has_probe_with_bindings()},
                 {"smarthosts", state.smarthosts.save()},
                 {"next_incident", state.incidents.next_number()},
                 {"next_attempt", state.ledger.next_number()},
                 {"watched", state.lan.interfaces()}});
  for (const auto& part : state.detector.parts())
    add("detector", json::array({part, state.detector.save(part)}));
  for (const auto& [where, address] : state.lan.local_addresses()) add("local", record(address));
  for (const auto& [address, list] : state.addresses.all())
    for (const auto& t : list) add("tenures", tenure(t));
  state.bindings.each([&](const wire::Binding& binding) { add("bindings", record(binding)); });
  for (const auto& [due, binding] : state.waiting_bindings)
    add("waiting", json::array({ticks(due), record(binding)}));
  for (const auto& [name, view] : state.sight.probes()) add("probes", probe(name, view));
  for (const auto& known : state.sight.gaps()) add("gaps", gap(known));
  for (const auto& [id, d] : state.devices.all()) add("devices", device(id, d));
  for (const auto& i : state.incidents.all()) add("incidents", incident(i));
  for (const auto& [k, known] : state.ledger.known()) {
    add("known", {key(k), known.number, to_string(known.device), key(known.evidence_key), known.counted});
  }
  for (const auto& e : state.ledger.recent()) add("recent", evidence(e));
  add_piece(to, nullptr);
}

std::expected<void, std::string> restore_state(std::span<const uint8_t> snapshot, PipelineState& state) {
  try {
    Restorer restorer(state);
    begins_with_piece(snapshot) ? restore_pieces(snapshot, restorer) : restore_map(snapshot, restorer);
    restorer.finish();
  } catch (const json::exception& error) {
    return std::unexpected(std::string("the snapshot cannot be read: ") + error.what());
  } catch (const std::bad_optional_access&) {
    return std::unexpected("the snapshot cannot be read: an address in it is none");
  }
  return {};
}

}  // namespace gatewitness
