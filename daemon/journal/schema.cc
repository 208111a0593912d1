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
