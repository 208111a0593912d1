// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/witness.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/control/answer.h"
#include "daemon/evidence/bundle.h"
#include "daemon/metrics/metrics.h"
#include "daemon/pipeline/pieces.h"
#include "probes/process/memory.h"
#include "probes/wire/text.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;

constexpr unsigned kStateVersion = 2;
constexpr unsigned kStateInOneMap = 1;

constexpr uint64_t kMaxLogBytes = 4 * 1024 * 1024;  // in memory, until a snapshot takes their place
constexpr Duration kCopySoon = std::chrono::seconds(3);
constexpr Duration kCopyPause =
    std::chrono::minutes(1);  // between copies that incidents ask for: flash wears
constexpr Duration kJournalSettles = std::chrono::minutes(1);
constexpr uint64_t kRecordsPerTidying = 1000;  // of the heap, which takes a millisecond or two
constexpr std::size_t kMaxOwnerNotes = 1024;

constexpr const char* kFaultNames[wire::kDecodeFaults] = {"too_long", "not_cbor", "unknown_version",
                                                          "unknown_type", "bad_field"};

constexpr const char* name_of(PipelineEvent::Kind kind) {
  switch (kind) {
    case PipelineEvent::Kind::kIncidentOpened:
      return "incident-opened";
    case PipelineEvent::Kind::kIncidentWorsened:
      return "incident-worsened";
    case PipelineEvent::Kind::kIncidentExtended:
      return "incident-extended";
    case PipelineEvent::Kind::kIncidentClosed:
      return "incident-closed";
  }
  return "incident-extended";
}

// There is a new one; what it says is asked for.
constexpr const char* kAlert = R"({"event":"alert"})";

}  // namespace

Witness::Witness(const config::Config& config, journal::Journal journal, Timestamp now)
    : testify_{config.pipeline.network, config.pipeline.attribution, config.pipeline.identity},
      language_(config.notify.language),
      pipeline_(config.pipeline),
      guard_(config.guard),
      journal_(std::move(journal)),
      limits_(config.journal),
      started_(now),
      bell_(config.notify.language, config.notify.repeat) {
  journal_.limit({limits_.max_age, limits_.max_bytes});
}

std::expected<Witness, std::string> Witness::open(const config::Config& config, const journal::Place& place,
                                                  Timestamp now) {
  auto journal = journal::Journal::open(place, now);
  if (!journal) return std::unexpected(journal.error());
  auto contents = journal->load();
  if (!contents) return std::unexpected(contents.error());
  Witness witness(config, std::move(*journal), now);
  if (!witness.journal_.notice().empty()) witness.notices_.push_back(witness.journal_.notice());
  witness.recall_owner();
  witness.recall_alerts(now);
  if (contents->snapshot || !contents->log.empty()) {
    witness.recall(std::move(*contents));
    witness.save(now);
  }
  return witness;
}

void Witness::recall(journal::Contents contents) {
  if (contents.snapshot)
    if (auto restored = restore(*contents.snapshot); !restored)
      notices_.push_back("the journal's snapshot cannot be used (" + restored.error() +
                         "): only what came after it is remembered");
  contents.snapshot.reset();
  for (const auto& [mac, note] : owner_) pipeline_.set_owner_note(mac, note);
  for (const auto& entry : contents.log) {
    const auto envelope = wire::decode(entry.bytes);
    if (!envelope) {
      ++forgotten_;
      continue;
    }
    pipeline_.handle(*envelope, entry.time);
    ++received_;
    ++recalled_;
  }
  if (forgotten_ != 0)
    notices_.push_back(std::to_string(forgotten_) + " records of the journal could not be read");
  // Told before the restart, but for what a kill kept from being told.
  for (const auto& event : pipeline_.take_events()) (void)ring(event);
  keep_alerts();
  keep_found_gaps();
}

void Witness::recall_owner() {
  auto notes = journal_.owner();
  if (!notes) return note(std::unexpected(notes.error()));
  owner_ = std::move(*notes);
  for (const auto& [mac, note] : owner_) pipeline_.set_owner_note(mac, note);
}

void Witness::keep_found_gaps() {
  const auto found = pipeline_.take_found_gaps();
  if (found.empty()) return;
  std::expected<void, std::string> kept;
  for (const auto& known : found)
    if (kept) kept = journal_.note(known.probe, known.gap);
  if (kept) kept = journal_.commit();
  note(kept);
}

// A state is one piece with what is kept here, and then the pipeline's; of version 1 it was one map.
std::expected<void, std::string> Witness::restore(std::span<const uint8_t> snapshot) {
  json state;
  try {
    state = begins_with_piece(snapshot) ? take_piece(snapshot) : json::from_cbor(snapshot);
  } catch (const json::exception& error) {
    return std::unexpected(error.what());
  }
  if (!state.is_object()) return std::unexpected("incomplete");
  const json version = state.value("version", json());
  if (version == kStateInOneMap) {
    const auto pipeline = state.find("pipeline");
    if (pipeline == state.end() || !pipeline->is_binary()) return std::unexpected("incomplete");
    snapshot = pipeline->get_binary();
  } else if (version != kStateVersion) {
    return std::unexpected("not of version " + std::to_string(kStateVersion));
  }
  if (auto restored = pipeline_.restore(snapshot); !restored) return restored;
  if (const auto count = state.find("received"); count != state.end() && count->is_number_unsigned())
    received_ = count->get<uint64_t>();
  if (const auto guard = state.find("guard"); guard != state.end()) guard_.restore(*guard);
  const auto refused = state.find("refused");
  if (refused == state.end() || !refused->is_array()) return {};
  for (std::size_t i = 0; i < std::min(refused->size(), refused_.size()); ++i)
    if ((*refused)[i].is_number_unsigned()) refused_[i] = (*refused)[i].get<uint64_t>();
  return {};
}

std::vector<uint8_t> Witness::state() const {
  std::vector<uint8_t> out;
  out.reserve(state_bytes_ + state_bytes_ / 8);  // or it would be copied as it grows
  add_piece(
      out,
      {{"version", kStateVersion}, {"received", received_}, {"refused", refused_}, {"guard", guard_.save()}});
  pipeline_.save(out);
  return out;
}

std::vector<std::string> Witness::receive(std::span<const std::vector<uint8_t>> messages, Timestamp now) {
  std::vector<wire::Envelope> accepted;
  std::vector<std::string> lines;
  std::expected<void, std::string> kept;
  for (const auto& message : messages) {
    auto envelope = wire::decode(message);
    if (!envelope) {
      ++refused_[static_cast<std::size_t>(envelope.error().fault)];
      continue;
    }
    if (kept) kept = journal_.note(*envelope, message);
    if (auto* frame = std::get_if<wire::Frame>(&envelope->record)) {
      // Of a frame the state needs only that it came: its sequence number.
      frame->bytes.clear();
      if (kept) kept = journal_.append(now, wire::encode(*envelope));
    } else {
      if (kept) kept = journal_.append(now, message);
      lines.push_back(wire::to_json_line(*envelope));
    }
    accepted.push_back(std::move(*envelope));
  }
  if (accepted.empty()) return lines;
  if (kept) kept = journal_.commit();
  note(kept);
  for (const auto& envelope : accepted) pipeline_.handle(envelope, now);
  keep_found_gaps();
  received_ += accepted.size();
  if (!snapshot_due_) snapshot_due_ = now + limits_.snapshot_interval;
  if (!copy_due_) copy_due_ = now + limits_.copy_interval;
  return lines;
}

// A turn without anything to write succeeds too: the journal works again when nothing failed for a while.
void Witness::watch_journal(Timestamp now) {
  if (std::exchange(failed_, false)) failed_at_ = now;
  if (!failed_at_) return;
  if (!untold_.empty()) keep_alerts();
  const bool fails = now - *failed_at_ < kJournalSettles;
  pipeline_.journal_fails(fails, now);
  if (fails) return;
  failed_at_.reset();
  // No record tells of it: without a snapshot a restart would number what comes after it otherwise.
  save(now);
}

void Witness::tick(Timestamp now) {
  pipeline_.tick(now);
  watch_journal(now);
  // A clock that was set back must not put either off for ever.
  const bool copies = copy_due_ && (now >= *copy_due_ || now + limits_.copy_interval < *copy_due_);
  const bool saves =
      snapshot_due_ &&
      (now >= *snapshot_due_ || now + limits_.snapshot_interval < *snapshot_due_ ||
       journal_.log_records() >= limits_.snapshot_records || journal_.log_bytes() >= kMaxLogBytes);
  if (copies) make_copy(now);
  if (saves) save(now);
  // A snapshot is as large as all that is known, and records leave holes in the heap behind.
  if (!copies && !saves && received_ - tidied_ < kRecordsPerTidying) return;
  process::give_back_memory();
  tidied_ = received_;
}

std::optional<Timestamp> Witness::next_deadline() const {
  auto next = pipeline_.next_deadline();
  for (const auto& due : {snapshot_due_, copy_due_, guard_.next_deadline(),
                          failed_at_ ? std::optional(*failed_at_ + kJournalSettles) : std::nullopt})
    if (due && (!next || *due < *next)) next = due;
  return next;
}

void Witness::finish(Timestamp now) {
  save(now);
  make_copy(now);
}

void Witness::make_copy(Timestamp now) {
  copy_due_.reset();
  const auto copied = journal_.copy();
  if (copied)
    copied_ = now;
  else
    copy_due_ = now + kCopyPause;  // again, but not each turn
  note(copied);
}

void Witness::save(Timestamp now) {
  snapshot_due_.reset();
  const auto bytes = state();
  state_bytes_ = bytes.size();
  const auto saved = journal_.snapshot(now, bytes);
  if (!saved) snapshot_due_ = now + std::chrono::minutes(1);  // again, but not each turn
  note(saved);
}

std::vector<std::string> Witness::take_events() {
  const auto events = pipeline_.take_events();
  std::vector<std::string> lines = guard_.take_events();
  if (std::exchange(rings_, false)) lines.emplace_back(kAlert);
  if (events.empty()) return lines;
  bool rings = false;
  const Home known = home();
  const json guard_before = guard_.save();
  for (const auto& event : events) {
    rings = ring(event) || rings;
    json incident = pipeline_.incident(event.incident_id);
    keep_incident(event, incident);
    guard_.consider(event.kind, incident, known, event.time);
    guard_.mark(incident);
    lines.push_back(as_line({{"event", name_of(event.kind)},
                             {"time", to_string(event.time)},
                             {"incident", std::move(incident)}}));
  }
  keep_alerts();
  if (rings) lines.emplace_back(kAlert);
  // A restart must not act again on what the owner took back.
  if (guard_.save() != guard_before) save(events.back().time);
  return lines;
}

// In the history, and soon on flash if it is bad news: with what comes in the next seconds, and not again and
// again.
void Witness::keep_incident(const PipelineEvent& event, const json& incident) {
  if (!incident.is_object()) return;
  const auto time = [&](const char* key) {
    const auto found = incident.find(key);
    const auto parsed = found != incident.end() && found->is_string()
                            ? parse_timestamp(found->get_ref<const std::string&>())
                            : std::unexpected(std::string());
    return parsed ? std::optional(*parsed) : std::nullopt;
  };
  journal::IncidentRow row;
  row.number = std::strtoull(event.incident_id.c_str(), nullptr, 10);
  row.opened = time("opened").value_or(event.time);
  row.updated = time("updated").value_or(event.time);
  row.closed = time("closed");
  row.json = as_line(incident);
  note(journal_.note(row));
  const bool bad_news = event.kind == PipelineEvent::Kind::kIncidentOpened ||
                        event.kind == PipelineEvent::Kind::kIncidentWorsened;
  if (!bad_news) return;
  Timestamp due = event.time + kCopySoon;
  if (copied_) due = std::max(due, *copied_ + kCopyPause);
  copy_due_ = copy_due_ ? std::min(*copy_due_, due) : due;
}

void Witness::note(const std::expected<void, std::string>& journal_result) {
  if (!journal_result) {
    ++failures_;
    failed_ = true;
    if (!failing_) notices_.push_back(journal_result.error() + "; a restart would forget what comes now");
  } else if (failing_) {
    notices_.push_back("the journal works again");
  }
  failing_ = !journal_result;
}

std::vector<std::string> Witness::take_notices() {
  auto notices = std::exchange(notices_, {});
  for (auto& notice : guard_.take_notices()) notices.push_back(std::move(notice));
  return notices;
}

json Witness::daemon_status() const {
  json refused = json::object();
  for (std::size_t i = 0; i < refused_.size(); ++i) refused[kFaultNames[i]] = refused_[i];
  return {{"version", GATEWITNESS_VERSION},
          {"started", to_string(started_)},
          {"received", received_},
          {"refused", refused},
          {"signing_key", key_ ? json(evidence::to_hex(key_->public_key())) : json(nullptr)},
          {"signing_key_fault", key_ ? json(nullptr) : json(key_.error())},
          {"guard", guard_.status()},
          {"journal",
           {{"log_records", journal_.log_records()},
            {"log_bytes", journal_.log_bytes()},
            {"recalled", recalled_},
            {"unreadable", forgotten_},
            {"copied", copied_ ? json(to_string(*copied_)) : json(nullptr)},
            {"crowded_out", journal_.crowded_out()},
            {"failures", failures_},
            {"failing", failing_ || !journal_.is_lasting()}}}};
}

std::expected<json, std::string> Witness::attribute(const Inquiry& inquiry, Timestamp now) {
  note(journal_.commit());
  return journal_.inquire(inquiry, testify_, now);
}

std::expected<std::string, std::string> Witness::sealed(
    std::expected<evidence::Material, std::string> material, Timestamp now) {
  if (!material) return std::unexpected(material.error());
  return evidence::make_bundle(*material, now, "gatewitness " GATEWITNESS_VERSION, *key_);
}

std::expected<std::string, std::string> Witness::export_incident(std::string_view id, Timestamp now) {
  if (!key_) return std::unexpected("nothing can be signed: " + key_.error());
  note(journal_.commit());
  const auto connections = pipeline_.connections_of(id);
  auto statement = pipeline_.explain(id);
  if (!connections || !statement)
    return std::unexpected("there is no incident \"" + printable(id, 64) + "\"");
  auto material = journal_.evidence(*connections);
  if (material) {
    material->kind = "incident";
    material->statement = std::move(*statement);
  }
  return sealed(std::move(material), now);
}

std::expected<std::string, std::string> Witness::export_inquiry(const Inquiry& inquiry, Timestamp now) {
  if (!key_) return std::unexpected("nothing can be signed: " + key_.error());
  note(journal_.commit());
  return sealed(journal_.evidence(inquiry, testify_, now), now);
}

std::expected<json, std::string> Witness::cleared(Timestamp from, Timestamp to) {
  note(journal_.commit());
  const auto clearance = journal_.clearance(from, to, testify_);
  if (!clearance) return std::unexpected(clearance.error());
  return to_json(*clearance);
}

std::expected<json, std::string> Witness::hear_owner(const OwnerWord& word, Timestamp now) {
  OwnerNote said;
  if (const auto before = owner_.find(word.mac); before != owner_.end()) said = before->second;
  if (word.name) said.name = *word.name;
  if (word.role) said.role = *word.role;
  const bool nothing = said.name.empty() && said.role == Role::kNone;
  if (!nothing && !owner_.contains(word.mac) && owner_.size() >= kMaxOwnerNotes)
    return std::unexpected("there is a name or role for " + std::to_string(kMaxOwnerNotes) +
                           " devices already");
  auto kept = journal_.note(journal::OwnerRow{word.mac, said.name, static_cast<uint8_t>(said.role), now});
  if (kept) kept = journal_.commit();
  if (kept) kept = journal_.copy();
  note(kept);
  if (!kept) return std::unexpected(kept.error());
  if (nothing)
    owner_.erase(word.mac);
  else
    owner_[word.mac] = said;
  pipeline_.set_owner_note(word.mac, said);
  return json{{"mac", to_string(word.mac)}, {"name", said.name}, {"role", to_string(said.role)}};
}

json Witness::status(Timestamp now) const {
  json status = pipeline_.status(now);
  status["daemon"] = daemon_status();
  return status;
}

std::string Witness::metrics(bool with_macs, Timestamp now) const {
  return metrics::text(status(now), pipeline_.incidents(), with_macs ? pipeline_.devices() : json(),
                       with_macs);
}

std::string Witness::answer(std::span<const uint8_t> request, Timestamp now) {
  return answer_request(
      request, {
                   .status = [&] { return status(now); },
                   .devices = [&] { return marked(pipeline_.devices()); },
                   .incidents = [&](words::Language in) { return marked(pipeline_.incidents(in)); },
                   .explain = [&](std::string_view id) -> std::optional<json> {
                     auto incident = pipeline_.explain(id);
                     if (incident) guard_.mark(*incident);
                     return incident;
                   },
                   .attribute = [&](const Inquiry& inquiry) { return attribute(inquiry, now); },
                   .export_incident = [&](std::string_view id) { return export_incident(id, now); },
                   .export_inquiry = [&](const Inquiry& inquiry) { return export_inquiry(inquiry, now); },
                   .cleared = [&](Timestamp from, Timestamp to) { return cleared(from, to); },
                   .alerts = [&](uint64_t after, uint64_t limit) { return alerts(after, limit); },
                   .mute = [&](const MuteWord& word) { return mute(word, now); },
                   .muted = [&] { return muted(now); },
                   .owner = [&](const OwnerWord& word) { return hear_owner(word, now); },
                   .addresses = [&] { return journal_.addresses(); },
               });
}

}  // namespace gatewitness::control
