// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/sqlite.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gatewitness::journal {
namespace {

SqlError error_of(sqlite3* database) {
  return {sqlite3_errcode(database) & 0xff, sqlite3_errmsg(database)};
}

// WAL: a killed process leaves a log that the next opening completes. synchronous=OFF: what a process has
// written is the kernel's, so that kill -9 loses nothing; only a power cut can lose the last seconds, and the
// store may then be found corrupt, which is dealt with. In return flash is not worn by a flush per turn.
// Exclusive locking keeps the index of the WAL in memory (no shared mapping) and a second daemon out.
// Pages can be given back, for a router's memory is what they take (only a database without tables takes that
// up).
constexpr const char* kSettings =
    "PRAGMA auto_vacuum=INCREMENTAL;"
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=OFF;"
    "PRAGMA wal_autocheckpoint=256;"  // pages: the WAL stays near 1 MB
    "PRAGMA journal_size_limit=1048576;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-256;";  // KiB: a router has better uses for memory, and questions about the past are
                                // rare

SqlError system_error(const std::string& path) {
  return {SQLITE_IOERR, path + ": " + std::strerror(errno)};
}

// On the medium before it takes the old one's name (rename(2) alone promises nothing of what is in the file).
std::expected<void, SqlError> put_in_place(const std::string& fresh, const std::string& path) {
  const int file = ::open(fresh.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::unexpected(system_error(fresh));
  const bool flushed = ::fsync(file) == 0;
  (void)::close(file);
  if (!flushed || ::rename(fresh.c_str(), path.c_str()) != 0) return std::unexpected(system_error(fresh));
  const std::string folder = path.substr(0, path.find_last_of('/') + 1);
  const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return {};
  (void)::fsync(directory);
  (void)::close(directory);
  return {};
}

}  // namespace

void Statement::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(handle_.get(), parameter, value);
}

void Statement::bind(int parameter, std::span<const uint8_t> bytes) {
  if (bytes.empty()) {  // a null pointer would bind NULL
    sqlite3_bind_zeroblob(handle_.get(), parameter, 0);
    return;
  }
  sqlite3_bind_blob64(handle_.get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC);
}

void Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(handle_.get(), parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::bind(int parameter, std::optional<int64_t> value) {
  if (value) return bind(parameter, *value);
  sqlite3_bind_null(handle_.get(), parameter);
}

std::optional<int64_t> Statement::integer_or_null(int column) const {
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::expected<void, SqlError> Statement::finish() {
  auto done = step();
  reset();
  if (!done) return std::unexpected(done.error());
  return {};
}

std::expected<bool, SqlError> Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return std::unexpected(error_of(sqlite3_db_handle(handle_.get())));
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

std::span<const uint8_t> Statement::blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr || size <= 0) return {};
  return {data, static_cast<std::size_t>(size)};
}

std::string Statement::text(int column) const {
  const auto bytes = blob(column);
  return {bytes.begin(), bytes.end()};
}

std::expected<Database, SqlError> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return std::unexpected(SqlError{SQLITE_NOMEM, "out of memory"});
  Database database(handle);
  if (result != SQLITE_OK) return std::unexpected(database.last_error());
  // A database of our own: nothing in its schema may call functions or change the file behind our back.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (auto set = database.execute(kSettings); !set) return std::unexpected(set.error());
  return database;
}

std::expected<Database, SqlError> Database::open_copy(const std::string& path) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return std::unexpected(SqlError{SQLITE_NOMEM, "out of memory"});
  Database database(handle);
  if (result != SQLITE_OK) return std::unexpected(database.last_error());
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  return database;
}

std::expected<void, SqlError> Database::fill(const std::string& fresh) {
  auto other = open(fresh);
  if (!other) return std::unexpected(other.error());
  sqlite3_backup* backup = sqlite3_backup_init(other->handle_.get(), "main", handle_.get(), "main");
  if (backup == nullptr) return std::unexpected(other->last_error());
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (finished != SQLITE_OK) return std::unexpected(other->last_error());
  if (stepped != SQLITE_DONE) return std::unexpected(SqlError{stepped & 0xff, sqlite3_errstr(stepped)});
  // One file, whole: nobody writes to it any more, and who reads it needs no log beside it.
  return other->execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE");
}

std::expected<void, SqlError> Database::copy_to(const std::string& path) {
  const std::string fresh = path + ".new";
  (void)::unlink(fresh.c_str());
  auto done = fill(fresh);
  if (done) return put_in_place(fresh, path);
  // Half a copy takes the space that is missing.
  for (const char* companion : {"", "-wal", "-shm", "-journal"}) (void)::unlink((fresh + companion).c_str());
  return done;
}

std::expected<void, SqlError> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(last_error());
}

std::expected<Statement, SqlError> Database::prepare(const char* sql) {
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK)
    return std::unexpected(last_error());
  Statement statement;
  statement.handle_.reset(handle);
  return statement;
}

std::expected<int64_t, SqlError> Database::integer(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::unexpected(SqlError{SQLITE_CORRUPT, "no answer to " + std::string(sql)});
  return statement->integer(0);
}

SqlError Database::last_error() const {
  return error_of(handle_.get());
}

}  // namespace gatewitness::journal
