// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/witness.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/control/answer.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;

constexpr unsigned kStateVersion = 1;

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

// As incidents() lists it: explain() has more.
json listed_incident(const json& incidents, const std::string& id) {
  for (const auto& incident : incidents)
    if (incident.value("id", "") == id) return incident;
  return nullptr;
}

}  // namespace

Witness::Witness(const config::Config& config, journal::Journal journal, Timestamp now)
    : pipeline_(config.pipeline), journal_(std::move(journal)), limits_(config.journal), started_(now) {}

std::expected<Witness, std::string> Witness::open(const config::Config& config,
                                                  const std::string& journal_path, Timestamp now) {
  auto journal = journal::Journal::open(journal_path, now);
  if (!journal) return std::unexpected(journal.error());
  auto contents = journal->load();
  if (!contents) return std::unexpected(contents.error());
  Witness witness(config, std::move(*journal), now);
  if (!witness.journal_.notice().empty()) witness.notices_.push_back(witness.journal_.notice());
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
  (void)pipeline_.take_events();  // told before the restart
}

std::expected<void, std::string> Witness::restore(std::span<const uint8_t> snapshot) {
  const json state = json::from_cbor(snapshot.begin(), snapshot.end(), true, false);
  if (!state.is_object() || state.value("version", json()) != kStateVersion)
    return std::unexpected("not of version " + std::to_string(kStateVersion));
  const auto pipeline = state.find("pipeline");
  if (pipeline == state.end() || !pipeline->is_binary()) return std::unexpected("incomplete");
  if (auto restored = pipeline_.restore(pipeline->get_binary()); !restored) return restored;
  if (const auto count = state.find("received"); count != state.end() && count->is_number_unsigned())
    received_ = count->get<uint64_t>();
  const auto refused = state.find("refused");
  if (refused == state.end() || !refused->is_array()) return {};
  for (std::size_t i = 0; i < std::min(refused->size(), refused_.size()); ++i)
    if ((*refused)[i].is_number_unsigned()) refused_[i] = (*refused)[i].get<uint64_t>();
  return {};
}

std::vector<uint8_t> Witness::state() const {
  return json::to_cbor({{"version", kStateVersion},
                        {"received", received_},
                        {"refused", refused_},
                        {"pipeline", json::binary(pipeline_.save())}});
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
    if (kept) kept = journal_.append(now, message);
    lines.push_back(wire::to_json_line(*envelope));
    accepted.push_back(std::move(*envelope));
  }
  if (accepted.empty()) return lines;
  if (kept) kept = journal_.commit();
  note(kept);
  for (const auto& envelope : accepted) pipeline_.handle(envelope, now);
  received_ += accepted.size();
  if (!snapshot_due_) snapshot_due_ = now + limits_.snapshot_interval;
  return lines;
}

void Witness::tick(Timestamp now) {
  pipeline_.tick(now);
  if (!snapshot_due_) return;
  // A clock that was set back must not put the snapshot off for ever.
  const bool due = now >= *snapshot_due_ || now + limits_.snapshot_interval < *snapshot_due_;
  if (due || journal_.log_records() >= limits_.snapshot_records) save(now);
}

std::optional<Timestamp> Witness::next_deadline() const {
  const auto pipeline = pipeline_.next_deadline();
  if (!pipeline || !snapshot_due_) return pipeline ? pipeline : snapshot_due_;
  return std::min(*pipeline, *snapshot_due_);
}

void Witness::save(Timestamp now) {
  snapshot_due_.reset();
  const auto saved = journal_.snapshot(now, state());
  if (!saved) snapshot_due_ = now + std::chrono::minutes(1);  // again, but not each turn
  note(saved);
}

std::vector<std::string> Witness::take_events() {
  const auto events = pipeline_.take_events();
  std::vector<std::string> lines;
  if (events.empty()) return lines;
  const json incidents = pipeline_.incidents();
  for (const auto& event : events)
    lines.push_back(as_line({{"event", name_of(event.kind)},
                             {"time", to_string(event.time)},
                             {"incident", listed_incident(incidents, event.incident_id)}}));
  return lines;
}

void Witness::note(const std::expected<void, std::string>& journal_result) {
  if (!journal_result) {
    ++failures_;
    if (!failing_) notices_.push_back(journal_result.error() + "; a restart would forget what comes now");
  } else if (failing_) {
    notices_.push_back("the journal works again");
  }
  failing_ = !journal_result;
}

std::vector<std::string> Witness::take_notices() {
  return std::exchange(notices_, {});
}

json Witness::daemon_status() const {
  json refused = json::object();
  for (std::size_t i = 0; i < refused_.size(); ++i) refused[kFaultNames[i]] = refused_[i];
  return {{"version", GATEWITNESS_VERSION},
          {"started", to_string(started_)},
          {"received", received_},
          {"refused", refused},
          {"journal",
           {{"log_records", journal_.log_records()},
            {"log_bytes", journal_.log_bytes()},
            {"recalled", recalled_},
            {"unreadable", forgotten_},
            {"failures", failures_},
            {"failing", failing_}}}};
}

std::string Witness::answer(std::span<const uint8_t> request, Timestamp now) const {
  return answer_request(request, {
                                     .status =
                                         [&] {
                                           json status = pipeline_.status(now);
                                           status["daemon"] = daemon_status();
                                           return status;
                                         },
                                     .devices = [&] { return pipeline_.devices(); },
                                     .incidents = [&] { return pipeline_.incidents(); },
                                     .explain = [&](std::string_view id) { return pipeline_.explain(id); },
                                 });
}

}  // namespace gatewitness::control
