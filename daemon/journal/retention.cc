// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/retention.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace gatewitness::journal {
namespace {

struct Kind {
  const char* table;
  const char* key;     // what tells rows apart
  const char* born;    // by which the oldest are found fast: what is old was born long ago
  const char* age;     // what makes a row old
  uint64_t row_bytes;  // what one takes with its indices, as a rule
  unsigned share;      // of all the room, in percent: what it keeps when there is too little
};

// A probe can be made to write many rows of one kind (a device that changes its name each second): each kind
// has a room of its own, which others may use only while it is empty.
constexpr Kind kKinds[] = {
    {"attempts", "number", "started", "last", 1400, 32},
    {"bindings", "number", "started", "coalesce(ended, heard)", 400, 35},
    {"frames", "number", "number", "time", 400, 17},
    {"claims", "number", "number", "until", 200, 5},
    {"facts", "mac, kind, value", "until", "until", 250, 4},
    {"gaps", "number", "number", "until", 150, 1},
    {"watches", "probe, epoch", "until", "until", 100, 1},
    {"own_addresses", "number", "number", "coalesce(until, heard)", 150, 1},
    {"outside_addresses", "address", "until", "until", 60, 1},
    {"incidents", "number", "number", "updated", 1000, 1},
    {"alerts", "number", "number", "time", 1500, 1},
    {"mutes", "device, kind", "until", "until", 100, 1},
};
constexpr uint64_t kFewest = 64;  // of a kind, however small the room
constexpr int kRounds = 64;
// Down to so much of the room, so that the next look has nothing to do.
constexpr uint64_t kFullPercent = 95;

std::expected<uint64_t, SqlError> drop_oldest(Database& database, const Kind& kind, uint64_t count) {
  const std::string table = kind.table, key = kind.key;
  const std::string sql = "DELETE FROM " + table + " WHERE (" + key + ") IN (SELECT " + key + " FROM " +
                          table + " ORDER BY " + kind.born + " LIMIT " + std::to_string(count) + ")";
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

std::expected<void, SqlError> drop_old(Database& database, const Kind& kind, Timestamp before) {
  const std::string time = std::to_string(before.time_since_epoch().count());
  std::string sql = std::string("DELETE FROM ") + kind.table + " WHERE " + kind.age + " < " + time;
  // Born before it ended: by an index, where there is one.
  if (std::string_view(kind.born) == "started") sql += std::string(" AND started < ") + time;
  return database.execute(sql.c_str());
}

// The oldest of those kinds that have more than their share; where none has, of all. Gives the rows that
// went.
std::expected<uint64_t, SqlError> make_room(Database& database, uint64_t max_bytes) {
  uint64_t dropped = 0;
  for (const bool all : {false, true}) {
    for (const Kind& kind : kKinds) {
      const auto rows = rows_of(database, kind);
      if (!rows) return rows;
      const uint64_t most = std::max(kFewest, max_bytes / 100 * kind.share / kind.row_bytes);
      const uint64_t excess = all && *rows > kFewest ? *rows - kFewest : *rows > most ? *rows - most : 0;
      if (excess == 0) continue;
      const auto went = drop_oldest(database, kind, std::min(excess, *rows / 8 + 1));
      if (!went) return went;
      dropped += *went;
    }
    if (dropped > 0) break;
  }
  return dropped;
}

}  // namespace

std::expected<uint64_t, SqlError> enforce(Database& database, const RetentionLimits& limits, Timestamp now) {
  for (const Kind& kind : kKinds)
    if (auto done = drop_old(database, kind, now - limits.max_age); !done)
      return std::unexpected(done.error());
  uint64_t crowded = 0;
  uint64_t room = limits.max_bytes;
  for (int round = 0; round < kRounds; ++round) {
    const auto used = bytes_used(database);
    if (!used) return used;
    if (*used <= room) break;
    room = limits.max_bytes / 100 * kFullPercent;
    const auto dropped = make_room(database, limits.max_bytes);
    if (!dropped) return dropped;
    if (*dropped == 0) break;
    crowded += *dropped;
  }
  return crowded;
}

}  // namespace gatewitness::journal
