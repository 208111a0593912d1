// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/alert_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "probes/wire/json_text.h"

namespace gatewitness::journal {
namespace {

using nlohmann::json;

constexpr int64_t kRecent = 1024;

int64_t ticks(Timestamp time) {
  return time.time_since_epoch().count();
}

}  // namespace

std::expected<void, SqlError> append_alert(Database& database, Timestamp time, const json& alert) {
  auto statement = database.prepare("INSERT INTO alerts (time, alert) VALUES (?1, ?2)");
  if (!statement) return std::unexpected(statement.error());
  const std::string text = alert.dump(-1, ' ', true, json::error_handler_t::replace);
  return statement->run(ticks(time), std::string_view(text));
}

std::expected<json, SqlError> alerts_after(Database& database, uint64_t after, uint64_t limit) {
  auto epoch =
      database.prepare("SELECT epoch, (SELECT coalesce(max(number), 0) FROM alerts) FROM alert_epoch");
  if (!epoch) return std::unexpected(epoch.error());
  const auto there = epoch->step();
  if (!there) return std::unexpected(there.error());
  json out = {{"epoch", *there ? epoch->text(0) : std::string()},
              {"newest", *there ? static_cast<uint64_t>(epoch->integer(1)) : uint64_t{0}},
              {"alerts", json::array()}};
  auto rows = database.prepare("SELECT number, alert FROM alerts WHERE number > ?1 ORDER BY number LIMIT ?2");
  if (!rows) return std::unexpected(rows.error());
  rows->bind(1, static_cast<int64_t>(std::min<uint64_t>(after, INT64_MAX)));
  rows->bind(2, static_cast<int64_t>(limit));
  while (true) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    json alert = read_json(rows->text(1));
    if (!alert.is_object()) continue;
    alert["number"] = static_cast<uint64_t>(rows->integer(0));
    out["alerts"].push_back(std::move(alert));
  }
}

std::expected<std::vector<json>, SqlError> recent_alerts(Database& database) {
  auto rows = database.prepare(
      "SELECT alert FROM (SELECT number, alert FROM alerts ORDER BY number DESC LIMIT ?1) ORDER BY number");
  if (!rows) return std::unexpected(rows.error());
  rows->bind(1, kRecent);
  std::vector<json> out;
  while (true) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    if (json alert = read_json(rows->text(0)); alert.is_object()) out.push_back(std::move(alert));
  }
}

std::expected<void, SqlError> keep_mute(Database& database, const MuteRow& mute, Timestamp now) {
  auto statement = database.prepare("INSERT OR REPLACE INTO mutes (device, kind, until) VALUES (?1, ?2, ?3)");
  if (!statement) return std::unexpected(statement.error());
  if (auto done =
          statement->run(std::string_view(mute.device), std::string_view(mute.kind), ticks(mute.until));
      !done)
    return done;
  auto over = database.prepare("DELETE FROM mutes WHERE until <= ?1");
  if (!over) return std::unexpected(over.error());
  return over->run(ticks(now));
}

std::expected<std::vector<MuteRow>, SqlError> mutes(Database& database) {
  auto rows = database.prepare("SELECT device, kind, until FROM mutes");
  if (!rows) return std::unexpected(rows.error());
  std::vector<MuteRow> out;
  while (true) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back({rows->text(0), rows->text(1), Timestamp(Duration(rows->integer(2)))});
  }
}

}  // namespace gatewitness::journal
