// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/evidence_rows.h"

#include <algorithm>
#include <set>
#include <utility>

#include "probes/wire/codec.h"
#include "probes/wire/utf8.h"

namespace gatewitness::journal {
namespace {

using evidence::Material;
using nlohmann::json;
using Done = std::expected<void, SqlError>;

// Leases and names were told up to so long before.
constexpr Duration kBefore = std::chrono::hours(24);

int64_t ticks(Timestamp time) {
  return time.time_since_epoch().count();
}

json column(const Statement& row, int number) {
  const auto bytes = row.blob(number);
  std::string raw(bytes.begin(), bytes.end());
  switch (row.type(number)) {
    case SQLITE_INTEGER:
      return row.integer(number);
    case SQLITE_NULL:
      return nullptr;
    case SQLITE_TEXT:
      if (is_utf8(raw)) return raw;
      [[fallthrough]];
    default:
      return {{"base64", evidence::to_base64(raw)}};
  }
}

class Collector {
 public:
  explicit Collector(Database& database) : database_(database) {}

  std::expected<Material, SqlError> collect(const std::vector<AttemptEvidence>& connections) {
    if (connections.empty()) return std::move(out_);
    Timestamp from = Timestamp::max(), to = Timestamp::min();
    std::set<IpAddress> addresses;
    std::set<MacAddress> macs;
    for (const auto& connection : connections) {
      from = std::min(from, connection.attempt.started);
      to = std::max(to, connection.attempt.last);
      addresses.insert(connection.attempt.flow.source.address);
      if (connection.device.kind == DeviceId::Kind::kMac) macs.insert(connection.device.mac);
      if (connection.rival) macs.insert(*connection.rival);
      if (auto done = one(connection); !done) return std::unexpected(done.error());
    }
    for (const auto& address : addresses)
      if (auto done =
              rows("claims",
                   "SELECT * FROM claims WHERE address = ?1 AND since <= ?2 AND until >= ?3 ORDER BY number",
                   address.bytes(), ticks(to), ticks(from - kBefore));
          !done)
        return std::unexpected(done.error());
    for (const auto& mac : macs)
      if (auto done =
              rows("facts", "SELECT * FROM facts WHERE mac = ?1 AND since <= ?2 ORDER BY since, kind, value",
                   std::span<const uint8_t>(mac.bytes), ticks(to));
          !done)
        return std::unexpected(done.error());
    for (const auto& [table, sql] :
         {std::pair{"gaps", "SELECT * FROM gaps WHERE since <= ?1 AND until >= ?2 ORDER BY number"},
          std::pair{"watches",
                    "SELECT * FROM watches WHERE since <= ?1 AND until >= ?2 ORDER BY probe, epoch"},
          std::pair{"own_addresses",
                    "SELECT * FROM own_addresses WHERE since <= ?1 AND (until IS NULL OR until >= ?2)"
                    " ORDER BY number"},
          std::pair{"outside_addresses",
                    "SELECT * FROM outside_addresses WHERE since <= ?1 AND until >= ?2 ORDER BY address"}})
      if (auto done = rows(table, sql, ticks(to), ticks(from)); !done) return std::unexpected(done.error());
    return std::move(out_);
  }

 private:
  Done one(const AttemptEvidence& connection) {
    const AttemptKey& key = connection.key;
    const std::string_view probe = key.probe;
    if (connection.from_frame) {
      if (auto done = rows("attempts", "SELECT * FROM attempts WHERE probe = ?1 AND epoch = ?2 AND id = ?3",
                           probe, static_cast<int64_t>(key.epoch), static_cast<int64_t>(key.id));
          !done)
        return done;
      if (auto done = frames(key); !done) return done;
    }
    if (!connection.binding) return {};
    const auto& binding = *connection.binding;
    return rows(
        "bindings",
        "SELECT * FROM bindings WHERE outside = ?1 AND outside_port = ?2 AND started = ?3 AND inside = ?4"
        " AND inside_port = ?5",
        binding.outside.source.address.bytes(), int64_t{binding.outside.source.port}, ticks(binding.started),
        binding.inside.source.address.bytes(), int64_t{binding.inside.source.port});
  }

  template <typename... Values>
  Done rows(const char* table, const char* sql, const Values&... values) {
    auto statement = database_.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    int parameter = 0;
    (statement->bind(++parameter, values), ...);
    while (true) {
      const auto there = statement->step();
      if (!there) return std::unexpected(there.error());
      if (!*there) return {};
      if (out_.rows.size() >= kMaxEvidenceRows) {
        out_.cut = true;
        return {};
      }
      json columns = json::object();
      for (int i = 0; i < statement->columns(); ++i)
        columns[std::string(statement->name(i))] = column(*statement, i);
      out_.rows.push_back({table, std::move(columns)});
    }
  }

  Done frames(const AttemptKey& key) {
    auto statement = database_.prepare(
        "SELECT record FROM frames WHERE probe = ?1 AND epoch = ?2 AND attempt = ?3 ORDER BY number");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(1, std::string_view(key.probe));
    statement->bind(2, static_cast<int64_t>(key.epoch));
    statement->bind(3, static_cast<int64_t>(key.id));
    while (true) {
      const auto there = statement->step();
      if (!there) return std::unexpected(there.error());
      if (!*there) return {};
      if (out_.frames.size() >= kMaxEvidenceFrames) {
        out_.cut = true;
        return {};
      }
      auto envelope = wire::decode(statement->blob(0));
      if (!envelope || !std::holds_alternative<wire::Frame>(envelope->record)) continue;
      out_.frames.push_back({envelope->header.time, std::get<wire::Frame>(std::move(envelope->record))});
    }
  }

  Database& database_;
  Material out_;
};

}  // namespace

std::expected<Material, SqlError> material_for(Database& database,
                                               const std::vector<AttemptEvidence>& connections) {
  return Collector(database).collect(connections);
}

}  // namespace gatewitness::journal
