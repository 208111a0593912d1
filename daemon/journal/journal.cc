// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/journal.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/journal/schema.h"
#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

struct Journal::Store {
  std::string path;
  std::string notice;
  Database database;
  Statement insert;
  uint64_t records = 0;
  uint64_t bytes = 0;
  // As they were before the turn that is not committed yet.
  uint64_t committed_records = 0;
  uint64_t committed_bytes = 0;

  std::string fault(const SqlError& error) const { return "journal " + path + ": " + error.text; }
  std::expected<void, SqlError> count();
  std::unexpected<std::string> undo(const SqlError& error);
  std::expected<void, SqlError> replace(Timestamp now, std::span<const uint8_t> state);
};

namespace {

int64_t number(Timestamp time) {
  return time.time_since_epoch().count();
}

std::expected<Database, SqlError> open_checked(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return std::unexpected(database.error());
  if (auto ready = bring_up_to_date(*database); !ready) return std::unexpected(ready.error());
  if (auto sound = check(*database); !sound) return std::unexpected(sound.error());
  return database;
}

// The write-ahead log goes along: it may hold what the main file does not.
std::expected<std::string, std::string> move_aside(const std::string& path, Timestamp now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::string aside = path + ".corrupt-" + std::to_string(seconds);
  for (int again = 2; std::filesystem::exists(aside); ++again)
    aside = path + ".corrupt-" + std::to_string(seconds) + "-" + std::to_string(again);
  std::error_code error;
  std::filesystem::rename(path, aside, error);
  if (error)
    return std::unexpected("journal " + path + " is corrupt and cannot be moved: " + error.message());
  for (const char* companion : {"-wal", "-shm"}) {
    std::filesystem::rename(path + companion, aside + companion, error);  // often there is none
    std::filesystem::remove(path + companion, error);
  }
  return aside;
}

}  // namespace

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
  if (database.in_transaction()) (void)database.execute("ROLLBACK");
  records = committed_records;
  bytes = committed_bytes;
  return std::unexpected(fault(error));
}

std::expected<Journal, std::string> Journal::open(const std::string& path, Timestamp now) {
  std::string notice;
  auto database = open_checked(path);
  if (!database && database.error().is_corruption()) {
    const auto aside = move_aside(path, now);
    if (!aside) return std::unexpected(aside.error());
    notice = "journal " + path + " was corrupt (" + database.error().text + "): kept as " + *aside +
             ", started afresh; what was known before is not used";
    database = open_checked(path);
  }
  if (!database) {
    const std::string hint =
        database.error().code == SQLITE_BUSY ? "another gatewitnessd uses it" : database.error().text;
    return std::unexpected("journal " + path + ": " + hint);
  }
  auto insert = database->prepare("INSERT INTO log (time, record) VALUES (?1, ?2)");
  if (!insert) return std::unexpected("journal " + path + ": " + insert.error().text);
  auto store = std::make_unique<Store>(
      Store{path, std::move(notice), std::move(*database), std::move(*insert), 0, 0, 0, 0});
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
  if (!store_->database.in_transaction())
    if (auto begun = store_->database.execute("BEGIN"); !begun) return store_->undo(begun.error());
  store_->insert.bind(1, number(now));
  store_->insert.bind(2, bytes);
  if (auto done = store_->insert.step(); !done) return store_->undo(done.error());
  store_->insert.reset();
  ++store_->records;
  store_->bytes += bytes.size();
  return {};
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
  // Frees the space; that it could not is no loss.
  (void)store_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return {};
}

uint64_t Journal::log_records() const {
  return store_->records;
}

uint64_t Journal::log_bytes() const {
  return store_->bytes;
}

const std::string& Journal::notice() const {
  return store_->notice;
}

}  // namespace gatewitness::journal
