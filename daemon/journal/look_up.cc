// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/look_up.h"

#include <algorithm>
#include <utility>

#include "probes/wire/codec.h"
#include "probes/wire/names.h"

namespace gatewitness::journal {
namespace {

using Done = std::expected<void, SqlError>;

int64_t ticks(Timestamp time) {
  return time.time_since_epoch().count();
}
Timestamp time_at(const Statement& row, int column) {
  return Timestamp(Duration(row.integer(column)));
}
std::optional<Timestamp> time_or_null(const Statement& row, int column) {
  const auto value = row.integer_or_null(column);
  return value ? std::optional(Timestamp(Duration(*value))) : std::nullopt;
}
IpAddress address_at(const Statement& row, int column) {
  return IpAddress::from_bytes(row.blob(column)).value_or(IpAddress());
}
MacAddress mac_at(const Statement& row, int column) {
  MacAddress mac;
  const auto bytes = row.blob(column);
  if (bytes.size() == mac.bytes.size()) std::copy(bytes.begin(), bytes.end(), mac.bytes.begin());
  return mac;
}
// A number that this build gives a name to; what a newer one wrote is left out.
template <typename Enum>
std::optional<Enum> value_at(const Statement& row, int column) {
  const int64_t value = row.integer(column);
  if (value < 0 || value >= wire::value_count(Enum{})) return std::nullopt;
  return static_cast<Enum>(value);
}

// No mail connection lasts longer, however patient both sides are (RFC 5321 section 4.5.3.2).
constexpr Duration kLongestLife = std::chrono::hours(24);
// Attempts say who had an address as well: of so long before the traffic that is asked for.
constexpr Duration kSeenBefore = std::chrono::hours(1);
// Those that lasted longer than this have an index of their own (bindings_long in schema.cc, which must say
// the same).
constexpr Duration kLong = std::chrono::minutes(10);
constexpr int64_t kMaxPointedAt = 64;
// Queue ids come again; those of one mail lie this near to each other.
constexpr Duration kSameMoment = std::chrono::minutes(10);

Timestamp earlier(Timestamp time, Duration by) {
  return time < Timestamp::min() + by ? Timestamp::min() : time - by;
}

class Reader {
 public:
  Reader(Database& database, const Stretch& stretch, const Stretch& traffic)
      : database_(database), traffic_(traffic) {
    records_.from = stretch.from;
    records_.to = stretch.to;
  }

  std::expected<Records, SqlError> read() {
    for (const auto step :
         {&Reader::bindings, &Reader::attempts, &Reader::claims, &Reader::facts, &Reader::gaps,
          &Reader::watches, &Reader::own, &Reader::outside, &Reader::owner, &Reader::oldest}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    // The newest were read first, in case there are too many.
    std::reverse(records_.bindings.begin(), records_.bindings.end());
    std::reverse(records_.attempts.begin(), records_.attempts.end());
    std::reverse(records_.claims.begin(), records_.claims.end());
    return std::move(records_);
  }

 private:
  // Runs a query whose parameters are a stretch's end, its beginning, the limit, and how far back to look for
  // what began before the stretch and reaches into it, as far as it names them.
  template <typename OnRow>
  Done each(const char* sql, OnRow on_row, const Stretch& stretch) {
    auto statement = database_.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    const int parameters = statement->parameters();
    if (parameters >= 1) statement->bind(1, ticks(stretch.to));
    if (parameters >= 2) statement->bind(2, ticks(stretch.from));
    if (parameters >= 3) statement->bind(3, kMaxRows);
    if (parameters >= 4) statement->bind(4, ticks(earlier(stretch.from, kLongestLife)));
    int64_t rows = 0;
    while (true) {
      const auto row = statement->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      ++rows;
      on_row(*statement);
    }
    records_.cut = records_.cut || rows >= kMaxRows;
    return {};
  }
  template <typename OnRow>
  Done each(const char* sql, OnRow on_row) {
    return each(sql, on_row, Stretch{records_.from, records_.to});
  }

  void keep(const Statement& row) {
    const auto envelope = wire::decode(row.blob(4));
    if (!envelope || !std::holds_alternative<wire::Binding>(envelope->record)) return;
    auto binding = std::get<wire::Binding>(envelope->record);
    binding.started = time_at(row, 0);
    binding.ended = time_or_null(row, 1);
    binding.from_dump = row.integer(2) != 0;
    binding.replied = row.integer(3) != 0;
    records_.bindings.push_back(std::move(binding));
  }
  // What began shortly before, what lasted long and what has not ended, each by its own index: of a day's
  // bindings nearly all are over before the stretch begins.
  Done bindings() {
    const Stretch recent{earlier(traffic_.from, kLong), traffic_.to};
    const Stretch before{earlier(traffic_.from, kLongestLife), earlier(recent.from, Duration(1))};
    const auto read = [&](const std::string& index, const std::string& where, const Stretch& started) {
      return each(("SELECT started, ended, from_dump, replied, record FROM bindings INDEXED BY " + index +
                   " WHERE started BETWEEN ?2 AND ?1 AND " + where + " ORDER BY started DESC LIMIT ?3")
                      .c_str(),
                  [&](const Statement& row) { keep(row); }, started);
    };
    const std::string reaches_in = "ended >= " + std::to_string(ticks(traffic_.from));
    auto done = read("bindings_by_start", "(ended IS NULL OR " + reaches_in + ")", recent);
    if (done)
      done = read("bindings_long",
                  "ended - started > " + std::to_string(kLong.count()) + " AND " + reaches_in, before);
    if (done) done = read("bindings_alive", "ended IS NULL", before);
    std::stable_sort(records_.bindings.begin(), records_.bindings.end(),
                     [](const auto& a, const auto& b) { return a.started > b.started; });
    if (static_cast<int64_t>(records_.bindings.size()) > kMaxRows) records_.bindings.resize(kMaxRows);
    if (!done || !records_.bindings.empty()) return done;
    // That there are any at all says that translations are being told.
    return each(
        "SELECT started, ended, from_dump, replied, record FROM bindings"
        " WHERE started BETWEEN ?2 AND ?1 ORDER BY started DESC LIMIT 1",
        [&](const Statement& row) { keep(row); });
  }
  Done attempts() {
    return each(
        "SELECT record FROM attempts WHERE started BETWEEN ?4 AND ?1 AND last >= ?2"
        " ORDER BY started DESC LIMIT ?3",
        [&](const Statement& row) {
          auto envelope = wire::decode(row.blob(0));
          if (!envelope || !std::holds_alternative<wire::Attempt>(envelope->record)) return;
          auto& attempt = std::get<wire::Attempt>(envelope->record);
          const AttemptKey key{envelope->header.probe, envelope->header.epoch, attempt.id};
          records_.attempts.push_back({key, std::move(attempt)});
        },
        Stretch{earlier(traffic_.from, kSeenBefore), traffic_.to});
  }
  Done claims() {
    return each(
        "SELECT address, mac, source, interface, since, until, lease_s, withdrawn FROM claims"
        " WHERE since <= ?1 AND until >= ?2 ORDER BY number DESC LIMIT ?3",
        [&](const Statement& row) {
          const auto source = value_at<wire::ClaimSource>(row, 2);
          if (!source) return;
          KeptClaim kept{{}, time_at(row, 4), time_at(row, 5)};
          kept.claim = {.interface = row.text(3),
                        .mac = mac_at(row, 1),
                        .address = address_at(row, 0),
                        .source = *source,
                        .lease_s = std::nullopt,
                        .withdrawn = row.integer(7) != 0,
                        .is_router = false};
          if (const auto lease = row.integer_or_null(6)) kept.claim.lease_s = static_cast<uint32_t>(*lease);
          records_.claims.push_back(std::move(kept));
        });
  }
  // A name that was told weeks ago is a name all the same.
  Done facts() {
    return each(
        "SELECT mac, kind, value, since, until FROM facts WHERE since <= ?1 AND ?2 IS NOT NULL"
        " ORDER BY until DESC LIMIT ?3",
        [&](const Statement& row) {
          if (const auto kind = value_at<wire::FactKind>(row, 1))
            records_.facts.push_back({mac_at(row, 0), *kind, row.text(2), time_at(row, 3), time_at(row, 4)});
        });
  }
  Done gaps() {
    return each(
        "SELECT probe, interface, since, until, reason, count FROM gaps WHERE since <= ?1 AND until >= ?2"
        " ORDER BY since LIMIT ?3",
        [&](const Statement& row) {
          if (const auto reason = value_at<wire::GapReason>(row, 4))
            records_.gaps.push_back({row.text(0),
                                     {row.text(1), time_at(row, 2), time_at(row, 3), *reason,
                                      static_cast<uint64_t>(row.integer(5))}});
        });
  }
  Done watches() {
    return each("SELECT probe, since, until FROM watches ORDER BY since", [&](const Statement& row) {
      records_.watches.push_back({row.text(0), time_at(row, 1), time_at(row, 2)});
    });
  }
  Done own() {
    return each("SELECT interface, mac, address, prefix, since, until FROM own_addresses ORDER BY since",
                [&](const Statement& row) {
                  records_.own.push_back({{row.text(0), mac_at(row, 1), address_at(row, 2),
                                           static_cast<uint8_t>(row.integer(3)), false},
                                          time_at(row, 4),
                                          time_or_null(row, 5)});
                });
  }
  Done outside() {
    return each("SELECT address, since, until FROM outside_addresses ORDER BY until DESC LIMIT 64",
                [&](const Statement& row) {
                  records_.outside.push_back({address_at(row, 0), time_at(row, 1), time_at(row, 2)});
                });
  }
  Done owner() {
    auto notes = owner_notes(database_);
    if (!notes) return std::unexpected(notes.error());
    records_.owner = std::move(*notes);
    return {};
  }
  Done oldest() {
    return each("SELECT min(since) FROM watches",
                [&](const Statement& row) { records_.oldest = time_or_null(row, 0); });
  }

  Database& database_;
  Stretch traffic_;
  Records records_;
};

}  // namespace

std::expected<Records, SqlError> records_between(Database& database, const Stretch& stretch,
                                                 const Stretch& traffic) {
  return Reader(database, stretch, traffic).read();
}

namespace {

// Rows of began and ended, the newest first.
std::expected<std::vector<Stretch>, SqlError> lives(Statement& statement) {
  std::vector<Stretch> out;
  while (true) {
    const auto row = statement.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    const Timestamp from = time_at(statement, 0);
    out.push_back({from, std::max(time_at(statement, 1), from)});
  }
}

// The one that lies nearest to the report's time, or the newest, with those that lie around it.
std::optional<Stretch> hull(const std::vector<Stretch>& lives, const std::optional<Timestamp>& at) {
  if (lives.empty()) return std::nullopt;
  const auto apart = [&](const Stretch& life) {
    return *at < life.from ? life.from - *at : *at > life.to ? *at - life.to : Duration(0);
  };
  const Stretch nearest =
      at ? *std::min_element(lives.begin(), lives.end(),
                             [&](const Stretch& a, const Stretch& b) { return apart(a) < apart(b); })
         : lives.front();
  Stretch out = nearest;
  for (const Stretch& life : lives) {
    if (life.from > nearest.to + kSameMoment || life.to < nearest.from - kSameMoment) continue;
    out = {std::min(out.from, life.from), std::max(out.to, life.to)};
  }
  return out;
}

}  // namespace

std::expected<std::optional<Stretch>, SqlError> stretch_of_queue_id(Database& database,
                                                                    const std::string& queue_id,
                                                                    const std::optional<Timestamp>& at) {
  auto statement = database.prepare(
      "SELECT started, last FROM attempts JOIN queue_ids ON attempt = number WHERE queue_id = ?1"
      " ORDER BY started DESC LIMIT ?2");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(1, std::string_view(queue_id));
  statement->bind(2, kMaxPointedAt);
  const auto found = lives(*statement);
  if (!found) return std::unexpected(found.error());
  return hull(*found, at);
}

std::expected<std::optional<Stretch>, SqlError> stretch_of_port(Database& database, const IpAddress& outside,
                                                                uint16_t port, Timestamp at, Duration skew) {
  auto statement = database.prepare(
      "SELECT started, coalesce(ended, heard) FROM bindings WHERE outside = ?1 AND outside_port = ?2"
      " AND started BETWEEN ?3 AND ?4 AND (ended IS NULL OR ended >= ?5) ORDER BY started DESC LIMIT ?6");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(1, outside.bytes());
  statement->bind(2, int64_t{port});
  statement->bind(3, ticks(at - skew - kLongestLife));
  statement->bind(4, ticks(at + skew));
  statement->bind(5, ticks(at - skew));
  statement->bind(6, kMaxPointedAt);
  const auto found = lives(*statement);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  // All of them: which one the report means is not said by the time alone.
  Stretch out = found->front();
  for (const Stretch& life : *found) out = {std::min(out.from, life.from), std::max(out.to, life.to)};
  return out;
}

std::expected<std::map<MacAddress, OwnerNote>, SqlError> owner_notes(Database& database) {
  auto statement = database.prepare("SELECT mac, name, role FROM owner");
  if (!statement) return std::unexpected(statement.error());
  std::map<MacAddress, OwnerNote> notes;
  while (true) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return notes;
    const int64_t role = statement->integer(2);
    const bool known = role >= 0 && role <= static_cast<int64_t>(Role::kAppliance);
    notes[mac_at(*statement, 0)] = {statement->text(1), known ? static_cast<Role>(role) : Role::kNone};
  }
}

}  // namespace gatewitness::journal
