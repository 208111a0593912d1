// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/schema.h"

#include <iterator>

namespace gatewitness::journal {
namespace {

// kSteps[n] turns version n into n + 1. Never change one that was released: add another.
constexpr const char* kSteps[] = {
    "CREATE TABLE snapshot (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), time INTEGER NOT NULL,"
    "                       state BLOB NOT NULL);"
    "CREATE TABLE log (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, record BLOB NOT NULL);",

    // What the world did, for questions about the past. Times are microseconds since 1970, addresses 4 or 16
    // bytes; a record is kept as the message that it came in (probes/wire/codec.h), its newest revision.
    "CREATE TABLE bindings (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, entry INTEGER NOT NULL,"
    "  inside BLOB NOT NULL, inside_port INTEGER NOT NULL, outside BLOB NOT NULL, outside_port INTEGER NOT "
    "NULL,"
    "  remote BLOB NOT NULL, remote_port INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER,"
    "  heard INTEGER NOT NULL, from_dump INTEGER NOT NULL, replied INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE INDEX bindings_by_outside ON bindings (outside, outside_port, started);"
    "CREATE INDEX bindings_by_start ON bindings (started);"
    "CREATE INDEX bindings_alive ON bindings (probe, entry) WHERE ended IS NULL;"
    "CREATE TABLE attempts (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, epoch INTEGER NOT NULL,"
    "  id INTEGER NOT NULL, started INTEGER NOT NULL, last INTEGER NOT NULL, record BLOB NOT NULL,"
    "  UNIQUE (probe, epoch, id));"
    "CREATE INDEX attempts_by_start ON attempts (started);"
    "CREATE TABLE queue_ids (queue_id TEXT NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (queue_id, "
    "attempt))"
    "  WITHOUT ROWID;"
    "CREATE INDEX queue_ids_by_attempt ON queue_ids (attempt);"
    "CREATE TRIGGER queue_ids_go_along AFTER DELETE ON attempts BEGIN"
    "  DELETE FROM queue_ids WHERE attempt = old.number; END;"
    "CREATE TABLE claims (number INTEGER PRIMARY KEY, address BLOB NOT NULL, mac BLOB NOT NULL,"
    "  source INTEGER NOT NULL, interface TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,"
    "  lease_s INTEGER, withdrawn INTEGER NOT NULL);"
    "CREATE INDEX claims_by_address ON claims (address, number);"
    "CREATE INDEX claims_by_end ON claims (until);"
    "CREATE TABLE facts (mac BLOB NOT NULL, kind INTEGER NOT NULL, value BLOB NOT NULL, since INTEGER NOT "
    "NULL,"
    "  until INTEGER NOT NULL, PRIMARY KEY (mac, kind, value)) WITHOUT ROWID;"
    "CREATE INDEX facts_by_end ON facts (until);"
    "CREATE TABLE gaps (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, interface TEXT NOT NULL,"
    "  since INTEGER NOT NULL, until INTEGER NOT NULL, reason INTEGER NOT NULL, count INTEGER NOT NULL,"
    "  UNIQUE (probe, interface, since, until, reason));"
    "CREATE INDEX gaps_by_end ON gaps (until);"
    "CREATE TABLE watches (probe TEXT NOT NULL, epoch INTEGER NOT NULL, since INTEGER NOT NULL,"
    "  until INTEGER NOT NULL, PRIMARY KEY (probe, epoch)) WITHOUT ROWID;"
    "CREATE TABLE own_addresses (number INTEGER PRIMARY KEY, interface TEXT NOT NULL, address BLOB NOT NULL,"
    "  prefix INTEGER NOT NULL, mac BLOB NOT NULL, since INTEGER NOT NULL, until INTEGER, heard INTEGER NOT "
    "NULL);"
    "CREATE TABLE incidents (number INTEGER PRIMARY KEY, opened INTEGER NOT NULL, updated INTEGER NOT NULL,"
    "  closed INTEGER, incident TEXT NOT NULL);"
    "CREATE TABLE owner (mac BLOB PRIMARY KEY, name TEXT NOT NULL, role INTEGER NOT NULL, since INTEGER NOT "
    "NULL)"
    "  WITHOUT ROWID;",

    // Frames as evidence; what the world saw as our address without reading every binding; the stretch of a
    // binding or an attempt without reading its row.
    "CREATE TABLE frames (number INTEGER PRIMARY KEY, probe TEXT NOT NULL, epoch INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL, time INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE INDEX frames_by_attempt ON frames (probe, epoch, attempt);"
    "CREATE TABLE outside_addresses (address BLOB PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT "
    "NULL)"
    "  WITHOUT ROWID;"
    "INSERT INTO outside_addresses SELECT outside, min(started), max(coalesce(ended, heard)) FROM bindings"
    "  GROUP BY outside;"
    "DROP INDEX bindings_by_start;"
    "CREATE INDEX bindings_by_start ON bindings (started, ended);"
    "DROP INDEX attempts_by_start;"
    "CREATE INDEX attempts_by_start ON attempts (started, last);",

    // What the owner was told, and what he does not want to hear. The epoch tells readers that numbers began
    // anew.
    "CREATE TABLE alerts (number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, alert TEXT NOT "
    "NULL);"
    "CREATE TABLE alert_epoch (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), epoch TEXT NOT NULL);"
    "INSERT INTO alert_epoch VALUES (1, lower(hex(randomblob(8))));"
    "CREATE TABLE mutes (device TEXT NOT NULL, kind TEXT NOT NULL, until INTEGER NOT NULL,"
    "  PRIMARY KEY (device, kind)) WITHOUT ROWID;",

    // The few bindings that last longer than ten minutes, so that a moment's are found without reading a
    // day's.
    "CREATE INDEX bindings_long ON bindings (started, ended) WHERE ended - started > 600000000;",
};
constexpr int64_t kCurrent = std::ssize(kSteps);

SqlError refusal(const std::string& text) {
  return {SQLITE_MISMATCH, text};
}

std::expected<void, SqlError> migrate(Database& database, int64_t from) {
  std::string sql = "BEGIN IMMEDIATE;";
  for (int64_t step = from; step < kCurrent; ++step) sql += kSteps[step];
  sql += "PRAGMA application_id=" + std::to_string(kApplicationId) + ";";
  sql += "PRAGMA user_version=" + std::to_string(kCurrent) + ";COMMIT;";
  return database.execute(sql.c_str());
}

}  // namespace

std::expected<void, SqlError> bring_up_to_date(Database& database) {
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto id = database.integer("PRAGMA application_id");
  if (!id) return std::unexpected(id.error());
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*id != kApplicationId && (*tables != 0 || *version != 0))
    return std::unexpected(refusal("it is the database of another program"));
  if (*version > kCurrent || *version < 0)
    return std::unexpected(refusal("it was written by a newer gatewitness (version " +
                                   std::to_string(*version) + ", this one reads up to " +
                                   std::to_string(kCurrent) + ")"));
  if (*version == kCurrent) return {};
  return migrate(database, *version);
}

std::expected<void, SqlError> is_current(Database& database) {
  const auto id = database.integer("PRAGMA application_id");
  if (!id) return std::unexpected(id.error());
  if (*id != kApplicationId) return std::unexpected(refusal("it is no journal of gatewitness"));
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*version == kCurrent) return {};
  return std::unexpected(refusal("it was written by another version (" + std::to_string(*version) +
                                 ", this one reads " + std::to_string(kCurrent) + ")"));
}

std::expected<void, SqlError> check(Database& database) {
  auto statement = database.prepare("PRAGMA quick_check(1)");
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  const std::string verdict = *row ? statement->text(0) : "no answer";
  if (verdict == "ok") return {};
  return std::unexpected(SqlError{SQLITE_CORRUPT, verdict});
}

}  // namespace gatewitness::journal
