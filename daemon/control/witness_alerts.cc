// SPDX-License-Identifier: Apache-2.0
//
// Witness's share in alerts: what the owner is told is decided, kept and given to whoever brings it to him.
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/control/witness.h"
#include "probes/wire/text.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxUntold = 64;

// Null: any.
json muted_view(const alert::Mute& mute) {
  return {{"device", mute.device == alert::kAny ? json(nullptr) : json(mute.device)},
          {"kind", mute.kind == alert::kAny ? json(nullptr) : json(mute.kind)},
          {"until", to_string(mute.until)}};
}

}  // namespace

void Witness::recall_alerts(Timestamp now) {
  const auto told = journal_.told();
  if (!told) return note(std::unexpected(told.error()));
  for (const auto& alert : *told) bell_.told(alert);
  const auto muted = journal_.muted();
  if (!muted) return note(std::unexpected(muted.error()));
  for (const auto& row : *muted) bell_.mute({row.device, row.kind, row.until}, now);
}

bool Witness::ring(const PipelineEvent& event) {
  const auto explained = pipeline_.explain(event.incident_id, language_);
  if (!explained) return false;
  const auto change = [&] {
    switch (event.kind) {
      case PipelineEvent::Kind::kIncidentOpened:
        return alert::Change::kOpened;
      case PipelineEvent::Kind::kIncidentWorsened:
        return alert::Change::kWorsened;
      case PipelineEvent::Kind::kIncidentExtended:
        return alert::Change::kExtended;
      case PipelineEvent::Kind::kIncidentClosed:
        return alert::Change::kClosed;
    }
    return alert::Change::kExtended;
  }();
  const auto alert = bell_.consider(change, *explained, event.time);
  if (!alert) return false;
  untold_.push_back({event.time, *alert});
  if (untold_.size() > kMaxUntold) untold_.pop_front();
  return true;
}

// All or none, with what else the turn brought: only what is committed is kept. In order, so that each gets
// the number under which it was perhaps given out already.
void Witness::keep_alerts() {
  std::expected<void, std::string> kept;
  for (const auto& [time, alert] : untold_)
    if (kept) kept = journal_.tell(time, alert);
  if (kept) kept = journal_.commit();
  note(kept);
  if (kept) untold_.clear();
}

// That the journal cannot be written must not keep the phone from ringing, least of all about that.
std::expected<json, std::string> Witness::alerts(uint64_t after, uint64_t limit) {
  auto answer = journal_.alerts(after, limit);
  if (!answer) return answer;
  uint64_t newest = answer->at("newest").get<uint64_t>();
  for (const auto& [time, alert] : untold_) {
    ++newest;
    if (newest <= after || answer->at("alerts").size() >= limit) continue;
    json numbered = alert;
    numbered["number"] = newest;
    answer->at("alerts").push_back(std::move(numbered));
  }
  answer->at("newest") = newest;
  return answer;
}

std::expected<json, std::string> Witness::mute(const MuteWord& word, Timestamp now) {
  journal::MuteRow row{word.device.value_or(alert::kAny), word.kind.value_or(alert::kAny), now + word.length};
  if (word.incident) {
    const auto explained = pipeline_.explain(*word.incident);
    if (!explained) return std::unexpected("there is no incident \"" + printable(*word.incident, 64) + "\"");
    const json& device = explained->at("device");
    row.device = device.is_object() ? device.value("id", "") : "";
    row.kind = explained->value("kind", "");
  }
  auto kept = journal_.mute(row, now);
  if (kept) kept = journal_.commit();
  note(kept);
  if (!kept) return std::unexpected(kept.error());
  bell_.mute({row.device, row.kind, row.until}, now);
  return muted_view({row.device, row.kind, row.until});
}

json Witness::muted(Timestamp now) const {
  json out = json::array();
  for (const auto& mute : bell_.muted(now)) out.push_back(muted_view(mute));
  return out;
}

}  // namespace gatewitness::control
