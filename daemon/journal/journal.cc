// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/journal.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/inquiry/testimony_view.h"
#include "daemon/journal/evidence_rows.h"
#include "daemon/journal/inquire.h"
#include "daemon/journal/look_up.h"
#include "daemon/journal/opening.h"
#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

struct Journal::Store {
  Place place;
  std::string notice;
  bool lasting = true;
  Database database;
  std::optional<History> history;  // borrows the database
  Statement insert;
  RetentionLimits limits;
  uint64_t records = 0;
  uint64_t bytes = 0;
  // As they were before the turn that is not committed yet.
  uint64_t committed_records = 0;
  uint64_t committed_bytes = 0;
  uint64_t crowded_out = 0;

  std::string fault(const SqlError& error) const { return "journal " + place.path + ": " + error.text; }
  std::expected<void, SqlError> begin();
  std::expected<void, SqlError> count();
  std::unexpected<std::string> undo(const SqlError& error);
  std::expected<void, SqlError> replace(Timestamp now, std::span<const uint8_t> state);
  template <typename... What>
  std::expected<void, std::string> note(const What&... what);
};

namespace {

constexpr int64_t kSparePages = 256;  // of 4 KiB

int64_t number(Timestamp time) {
  return time.time_since_epoch().count();
}

}  // namespace

std::expected<void, SqlError> Journal::Store::begin() {
  if (database.in_transaction()) return {};
  return database.execute("BEGIN");
}

std::expected<void, SqlError> Journal::Store::count() {
  const auto found_records = database.integer("SELECT count(*) FROM log");
  if (!found_records) return std::unexpected(found_records.error());
  const auto found_bytes = database.integer("SELECT coalesce(sum(length(record)), 0) FROM log");
  if (!found_bytes) return std::unexpected(found_bytes.error());
  records = committed_records = static_cast<uint64_t>(*found_records);
  bytes = committed_bytes = static_cast<uint64_t>(*found_bytes);
  return {};
}

std::unexpected<std::string> Journal::Store::undo(const SqlError& error) {
  insert.reset();
  if (database.in_transaction()) (void)database.execute("ROLLBACK").has_value();
  records = committed_records;
  bytes = committed_bytes;
  return std::unexpected(fault(error));
}

template <typename... What>
std::expected<void, std::string> Journal::Store::note(const What&... what) {
  if (auto begun = begin(); !begun) return undo(begun.error());
  if (auto done = history->note(what...); !done) return undo(done.error());
  return {};
}

std::expected<Journal, std::string> Journal::open(const Place& place, Timestamp now) {
  auto opened = open_store(place, now);
  if (!opened) return std::unexpected(opened.error());
  auto store = std::make_unique<Store>(Store{.place = place,
                                             .notice = std::move(opened->notice),
                                             .lasting = opened->lasting,
                                             .database = std::move(opened->database),
                                             .history = std::nullopt,
                                             .insert = {},
                                             .limits = {}});
  auto insert = store->database.prepare("INSERT INTO log (time, record) VALUES (?1, ?2)");
  if (!insert) return std::unexpected(store->fault(insert.error()));
  store->insert = std::move(*insert);
  auto history = History::prepare(store->database);
  if (!history) return std::unexpected(store->fault(history.error()));
  store->history = std::move(*history);
  if (auto counted = store->count(); !counted) return std::unexpected(store->fault(counted.error()));
  return Journal(std::move(store));
}

Journal::Journal(std::unique_ptr<Store> store) : store_(std::move(store)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

std::expected<Contents, std::string> Journal::load() {
  Contents contents;
  auto state = store_->database.prepare("SELECT state FROM snapshot");
  if (!state) return std::unexpected(store_->fault(state.error()));
  auto row = state->step();
  if (!row) return std::unexpected(store_->fault(row.error()));
  if (*row) contents.snapshot.emplace(state->blob(0).begin(), state->blob(0).end());

  auto log = store_->database.prepare("SELECT time, record FROM log ORDER BY number");
  if (!log) return std::unexpected(store_->fault(log.error()));
  while ((row = log->step()) && *row) {
    const auto bytes = log->blob(1);
    contents.log.push_back({Timestamp(Duration(log->integer(0))), {bytes.begin(), bytes.end()}});
  }
  if (!row) return std::unexpected(store_->fault(row.error()));
  return contents;
}

std::expected<void, std::string> Journal::append(Timestamp now, std::span<const uint8_t> bytes) {
  if (auto begun = store_->begin(); !begun) return store_->undo(begun.error());
  store_->insert.bind(1, number(now));
  store_->insert.bind(2, bytes);
  if (auto done = store_->insert.step(); !done) return store_->undo(done.error());
  store_->insert.reset();
  ++store_->records;
  store_->bytes += bytes.size();
  return {};
}

std::expected<void, std::string> Journal::note(const wire::Envelope& envelope,
                                               std::span<const uint8_t> message) {
  return store_->note(envelope, message);
}
std::expected<void, std::string> Journal::note(const IncidentRow& incident) {
  return store_->note(incident);
}
std::expected<void, std::string> Journal::note(const OwnerRow& owner) {
  return store_->note(owner);
}
std::expected<void, std::string> Journal::note(const std::string& probe, const wire::CaptureGap& gap) {
  return store_->note(probe, gap);
}

std::expected<void, std::string> Journal::commit() {
  if (!store_->database.in_transaction()) return {};
  if (auto done = store_->database.execute("COMMIT"); !done) return store_->undo(done.error());
  store_->committed_records = store_->records;
  store_->committed_bytes = store_->bytes;
  return {};
}

std::expected<void, SqlError> Journal::Store::replace(Timestamp now, std::span<const uint8_t> state) {
  if (auto begun = database.execute("BEGIN"); !begun) return begun;
  auto write = database.prepare("INSERT OR REPLACE INTO snapshot (only_one, time, state) VALUES (1, ?1, ?2)");
  if (!write) return std::unexpected(write.error());
  write->bind(1, number(now));
  write->bind(2, state);
  if (auto done = write->step(); !done) return std::unexpected(done.error());
  write->reset();
  return database.execute("DELETE FROM log; COMMIT");
}

std::expected<void, std::string> Journal::snapshot(Timestamp now, std::span<const uint8_t> state) {
  if (auto committed = commit(); !committed) return committed;
  if (auto done = store_->replace(now, state); !done) return store_->undo(done.error());
  store_->records = store_->committed_records = 0;
  store_->bytes = store_->committed_bytes = 0;
  const auto crowded = enforce(store_->database, store_->limits, now);
  if (crowded) store_->crowded_out += *crowded;
  // Frees the space, but for what the next turns will need; that it could not is no loss.
  const int64_t unused = store_->database.integer("PRAGMA freelist_count").value_or(0);
  if (unused > kSparePages) {
    const std::string vacuum = "PRAGMA incremental_vacuum(" + std::to_string(unused - kSparePages) + ")";
    (void)store_->database.execute(vacuum.c_str()).has_value();
  }
  (void)store_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)").has_value();
  if (!crowded) return std::unexpected(store_->fault(crowded.error()));
  return {};
}

void Journal::limit(const RetentionLimits& limits) {
  store_->limits = limits;
}

std::expected<void, std::string> Journal::copy() {
  if (store_->place.copy.empty() || !store_->lasting) return {};
  if (auto committed = commit(); !committed) return committed;
  if (auto done = store_->database.copy_to(store_->place.copy); !done)
    return std::unexpected("copy of the journal, " + store_->place.copy + ": " + done.error().text);
  return {};
}

std::expected<nlohmann::json, std::string> Journal::inquire(const Inquiry& inquiry,
                                                            const TestifyOptions& options, Timestamp now) {
  auto answer = journal::inquire(store_->database, inquiry, options, now);
  if (!answer) return std::unexpected(store_->fault(answer.error()));
  return std::move(*answer);
}

std::expected<evidence::Material, std::string> Journal::evidence(const Inquiry& inquiry,
                                                                 const TestifyOptions& options,
                                                                 Timestamp now) {
  const auto testimony = testimony_for(store_->database, inquiry, options, now);
  if (!testimony) return std::unexpected(store_->fault(testimony.error()));
  std::vector<AttemptEvidence> connections;
  for (const auto& candidate : testimony->candidates) connections.push_back(candidate.session);
  auto material = evidence(connections);
  if (!material) return material;
  material->kind = "attribution";
  material->statement = to_json(*testimony, inquiry);
  return material;
}

std::expected<evidence::Material, std::string> Journal::evidence(
    const std::vector<AttemptEvidence>& connections) {
  auto material = material_for(store_->database, connections);
  if (!material) return std::unexpected(store_->fault(material.error()));
  return std::move(*material);
}

std::expected<Clearance, std::string> Journal::clearance(Timestamp from, Timestamp to,
                                                         const TestifyOptions& options) {
  auto answer = clearance_between(store_->database, from, to, options);
  if (!answer) return std::unexpected(store_->fault(answer.error()));
  return std::move(*answer);
}

std::expected<void, std::string> Journal::tell(Timestamp time, const nlohmann::json& alert) {
  if (auto begun = store_->begin(); !begun) return store_->undo(begun.error());
  if (auto done = append_alert(store_->database, time, alert); !done) return store_->undo(done.error());
  return {};
}

std::expected<void, std::string> Journal::mute(const MuteRow& mute, Timestamp now) {
  if (auto begun = store_->begin(); !begun) return store_->undo(begun.error());
  if (auto done = keep_mute(store_->database, mute, now); !done) return store_->undo(done.error());
  return {};
}

std::expected<nlohmann::json, std::string> Journal::alerts(uint64_t after, uint64_t limit) {
  auto answer = alerts_after(store_->database, after, limit);
  if (!answer) return std::unexpected(store_->fault(answer.error()));
  return std::move(*answer);
}

std::expected<std::vector<nlohmann::json>, std::string> Journal::told() {
  auto answer = recent_alerts(store_->database);
  if (!answer) return std::unexpected(store_->fault(answer.error()));
  return std::move(*answer);
}

std::expected<std::vector<MuteRow>, std::string> Journal::muted() {
  auto answer = mutes(store_->database);
  if (!answer) return std::unexpected(store_->fault(answer.error()));
  return std::move(*answer);
}

std::expected<nlohmann::json, std::string> Journal::addresses() {
  auto answer = outside_addresses(store_->database);
  if (!answer) return std::unexpected(store_->fault(answer.error()));
  return std::move(*answer);
}

std::expected<std::map<MacAddress, OwnerNote>, std::string> Journal::owner() {
  auto notes = owner_notes(store_->database);
  if (!notes) return std::unexpected(store_->fault(notes.error()));
  return std::move(*notes);
}

uint64_t Journal::log_records() const {
  return store_->records;
}

uint64_t Journal::log_bytes() const {
  return store_->bytes;
}

uint64_t Journal::crowded_out() const {
  return store_->crowded_out;
}

bool Journal::is_lasting() const {
  return store_->lasting;
}

const std::string& Journal::notice() const {
  return store_->notice;
}

}  // namespace gatewitness::journal
