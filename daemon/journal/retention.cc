// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/retention.h"

#include <algorithm>
#include <string>

namespace gatewitness::journal {
namespace {

struct Kind {
  const char* table;
  const char* key;     // what tells rows apart
  const char* age;     // what makes a row old
  uint64_t row_bytes;  // what one takes with its indices, at most as a rule
  unsigned share;      // of all the room, in percent
};

// A probe can be made to write many rows of one kind (a device that changes its name each second): each kind
// has a room of its own, so that they cannot push out another's.
constexpr Kind kKinds[] = {
    {"attempts", "number", "last", 1400, 55},
    {"bindings", "number", "coalesce(ended, heard)", 700, 30},
    {"claims", "number", "until", 200, 5},
    {"facts", "mac, kind, value", "until", 250, 5},
    {"gaps", "number", "until", 150, 2},
    {"watches", "probe, epoch", "until", 100, 1},
    {"own_addresses", "number", "coalesce(until, heard)", 150, 1},
    {"incidents", "number", "updated", 1000, 1},
};
constexpr uint64_t kFewest = 64;  // of a kind, however small the room
constexpr int kRounds = 16;

std::expected<uint64_t, SqlError> drop_oldest(Database& database, const Kind& kind, uint64_t count) {
  const std::string table = kind.table, key = kind.key;
  const std::string sql = "DELETE FROM " + table + " WHERE (" + key + ") IN (SELECT " + key + " FROM " +
                          table + " ORDER BY " + kind.age + " LIMIT " + std::to_string(count) + ")";
  if (auto done = database.execute(sql.c_str()); !done) return std::unexpected(done.error());
  return static_cast<uint64_t>(database.changes());
}

std::expected<uint64_t, SqlError> rows_of(Database& database, const Kind& kind) {
  const auto rows = database.integer(("SELECT count(*) FROM " + std::string(kind.table)).c_str());
  if (!rows) return std::unexpected(rows.error());
  return static_cast<uint64_t>(*rows);
}

// Pages in use but for the state's.
std::expected<uint64_t, SqlError> bytes_used(Database& database) {
  int64_t pages = 0;
  for (const char* sql : {"PRAGMA page_count", "PRAGMA freelist_count"}) {
    const auto count = database.integer(sql);
    if (!count) return std::unexpected(count.error());
    pages = pages == 0 ? *count : pages - *count;
  }
  const auto size = database.integer("PRAGMA page_size");
  if (!size) return std::unexpected(size.error());
  const auto state = database.integer("SELECT coalesce(sum(length(state)), 0) FROM snapshot");
  if (!state) return std::unexpected(state.error());
  return static_cast<uint64_t>(std::max<int64_t>(pages * *size - *state, 0));
}

}  // namespace

std::expected<uint64_t, SqlError> enforce(Database& database, const RetentionLimits& limits, Timestamp now) {
  const std::string before = std::to_string((now - limits.max_age).time_since_epoch().count());
  uint64_t crowded = 0;
  for (const Kind& kind : kKinds) {
    const std::string sql = std::string("DELETE FROM ") + kind.table + " WHERE " + kind.age + " < " + before;
    if (auto done = database.execute(sql.c_str()); !done) return std::unexpected(done.error());
    const uint64_t most = std::max(kFewest, limits.max_bytes / 100 * kind.share / kind.row_bytes);
    const auto rows = rows_of(database, kind);
    if (!rows) return rows;
    if (*rows <= most) continue;
    const auto dropped = drop_oldest(database, kind, *rows - most);
    if (!dropped) return dropped;
    crowded += *dropped;
  }
  // Rows that are longer than rows are as a rule.
  for (int round = 0; round < kRounds; ++round) {
    const auto used = bytes_used(database);
    if (!used) return used;
    if (*used <= limits.max_bytes) break;
    for (const Kind& kind : kKinds) {
      const auto rows = rows_of(database, kind);
      if (!rows) return rows;
      if (*rows <= kFewest) continue;
      const auto dropped = drop_oldest(database, kind, *rows / 4);
      if (!dropped) return dropped;
      crowded += *dropped;
    }
  }
  return crowded;
}

}  // namespace gatewitness::journal
