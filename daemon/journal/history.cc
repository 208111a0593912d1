// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/history.h"

#include <utility>

namespace gatewitness::journal {
namespace {

using Done = std::expected<void, SqlError>;

int64_t ticks(Timestamp time) {
  return time.time_since_epoch().count();
}
std::optional<int64_t> ticks(const std::optional<Timestamp>& time) {
  return time ? std::optional(ticks(*time)) : std::nullopt;
}
// SQLite's integers are signed; the bits are what counts.
int64_t bits(uint64_t number) {
  return static_cast<int64_t>(number);
}
std::span<const uint8_t> bytes(const MacAddress& mac) {
  return mac.bytes;
}
std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::expected<History, SqlError> History::prepare(Database& database) {
  History made(database);
  const std::pair<Statement*, const char*> statements[] = {
      {&made.save_attempt_,
       "INSERT INTO attempts (probe, epoch, id, started, last, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
       " ON CONFLICT (probe, epoch, id) DO UPDATE SET started = ?4, last = ?5, record = ?6"},
      {&made.find_attempt_, "SELECT number FROM attempts WHERE probe = ?1 AND epoch = ?2 AND id = ?3"},
      {&made.save_queue_id_, "INSERT OR IGNORE INTO queue_ids (queue_id, attempt) VALUES (?1, ?2)"},
      // The kernel gives a number again once its entry has ended, and the tuple may be the same one.
      {&made.update_binding_,
       "UPDATE bindings SET started = min(started, ?1), ended = ?2, heard = ?3, replied = max(replied, ?4),"
       " from_dump = min(from_dump, ?5), record = ?6 WHERE probe = ?7 AND entry = ?8 AND ended IS NULL"
       " AND inside = ?9 AND inside_port = ?10 AND outside = ?11 AND outside_port = ?12 AND remote = ?13"
       " AND remote_port = ?14"},
      {&made.insert_binding_,
       "INSERT INTO bindings (started, ended, heard, replied, from_dump, record, probe, entry, inside, "
       "inside_port,"
       " outside, outside_port, remote, remote_port)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"},
      {&made.save_outside_,
       "INSERT INTO outside_addresses (address, since, until) VALUES (?1, ?2, ?3)"
       " ON CONFLICT (address) DO UPDATE SET since = min(since, ?2), until = max(until, ?3)"},
      {&made.save_frame_,
       "INSERT INTO frames (probe, epoch, attempt, time, record) VALUES (?1, ?2, ?3, ?4, ?5)"},
      // The newest row of the address, if it says the same.
      {&made.extend_claim_,
       "UPDATE claims SET until = max(until, ?1), lease_s = coalesce(?2, lease_s) WHERE number ="
       " (SELECT number FROM claims WHERE address = ?3 ORDER BY number DESC LIMIT 1)"
       " AND mac = ?4 AND source = ?5 AND interface = ?6 AND withdrawn = 0"},
      {&made.insert_claim_,
       "INSERT INTO claims (until, lease_s, address, mac, source, interface, since, withdrawn)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?1, ?7)"},
      {&made.save_fact_,
       "INSERT INTO facts (mac, kind, value, since, until) VALUES (?1, ?2, ?3, ?4, ?4)"
       " ON CONFLICT (mac, kind, value) DO UPDATE SET until = max(until, ?4)"},
      {&made.insert_gap_,
       "INSERT OR IGNORE INTO gaps (probe, interface, since, until, reason, count) VALUES (?1, ?2, ?3, ?4, "
       "?5, ?6)"},
      {&made.save_watch_,
       "INSERT INTO watches (probe, epoch, since, until) VALUES (?1, ?2, ?3, ?3)"
       " ON CONFLICT (probe, epoch) DO UPDATE SET since = min(since, ?3), until = max(until, ?3)"},
      {&made.extend_own_,
       "UPDATE own_addresses SET heard = max(heard, ?1) WHERE interface = ?2 AND address = ?3 AND prefix = ?4"
       " AND mac = ?5 AND until IS NULL"},
      {&made.insert_own_,
       "INSERT INTO own_addresses (since, interface, address, prefix, mac, heard)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?1)"},
      {&made.end_own_,
       "UPDATE own_addresses SET until = ?1, heard = max(heard, ?1) WHERE interface = ?2 AND address = ?3"
       " AND until IS NULL"},
      {&made.save_incident_,
       "INSERT OR REPLACE INTO incidents (number, opened, updated, closed, incident) VALUES (?1, ?2, ?3, ?4, "
       "?5)"},
      {&made.save_owner_, "INSERT OR REPLACE INTO owner (mac, name, role, since) VALUES (?1, ?2, ?3, ?4)"},
      {&made.drop_owner_, "DELETE FROM owner WHERE mac = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    auto prepared = database.prepare(sql);
    if (!prepared) return std::unexpected(prepared.error());
    *statement = std::move(*prepared);
  }
  return made;
}

Done History::note(const wire::Envelope& envelope, std::span<const uint8_t> message) {
  message_ = message;
  if (auto done = watched(envelope.header); !done) return done;
  return std::visit([&](const auto& record) { return take(envelope.header, record); }, envelope.record);
}

Done History::watched(const wire::Header& header) {
  return save_watch_.run(std::string_view(header.probe), bits(header.epoch), ticks(header.time));
}

Done History::take(const wire::Header& header, const wire::Attempt& attempt) {
  const std::string_view probe = header.probe;
  if (auto done = save_attempt_.run(probe, bits(header.epoch), bits(attempt.id), ticks(attempt.started),
                                    ticks(attempt.last), message_);
      !done)
    return done;
  if (!attempt.smtp || attempt.smtp->queue_ids.empty()) return {};
  find_attempt_.bind(1, probe);
  find_attempt_.bind(2, bits(header.epoch));
  find_attempt_.bind(3, bits(attempt.id));
  const auto row = find_attempt_.step();
  const int64_t number = row && *row ? find_attempt_.integer(0) : 0;
  find_attempt_.reset();
  if (!row) return std::unexpected(row.error());
  for (const auto& queue_id : attempt.smtp->queue_ids)
    if (auto done = save_queue_id_.run(std::string_view(queue_id), number); !done) return done;
  return {};
}

Done History::take(const wire::Header& header, const wire::Binding& binding) {
  const auto save = [&](Statement& statement) {
    return statement.run(
        ticks(binding.started), ticks(binding.ended), ticks(header.time), int64_t{binding.replied},
        int64_t{binding.from_dump}, message_, std::string_view(header.probe), bits(binding.id),
        binding.inside.source.address.bytes(), int64_t{binding.inside.source.port},
        binding.outside.source.address.bytes(), int64_t{binding.outside.source.port},
        binding.inside.destination.address.bytes(), int64_t{binding.inside.destination.port});
  };
  if (auto done = save(update_binding_); !done) return done;
  const bool is_new = database_->changes() == 0;
  if (is_new)
    if (auto done = save(insert_binding_); !done) return done;
  return save_outside_.run(binding.outside.source.address.bytes(), ticks(binding.started),
                           ticks(binding.ended.value_or(header.time)));
}

Done History::take(const wire::Header& header, const wire::Frame& frame) {
  return save_frame_.run(std::string_view(header.probe), bits(header.epoch), bits(frame.attempt),
                         ticks(header.time), message_);
}

Done History::take(const wire::Header& header, const wire::AddressClaim& claim) {
  const std::optional<int64_t> lease = claim.lease_s ? std::optional<int64_t>(*claim.lease_s) : std::nullopt;
  const auto source = static_cast<int64_t>(claim.source);
  if (!claim.withdrawn) {
    if (auto done = extend_claim_.run(ticks(header.time), lease, claim.address.bytes(), bytes(claim.mac),
                                      source, std::string_view(claim.interface));
        !done)
      return done;
    if (database_->changes() > 0) return {};
  }
  return insert_claim_.run(ticks(header.time), lease, claim.address.bytes(), bytes(claim.mac), source,
                           std::string_view(claim.interface), int64_t{claim.withdrawn});
}

Done History::take(const wire::Header& header, const wire::IdentityFact& fact) {
  return save_fact_.run(bytes(fact.mac), static_cast<int64_t>(fact.kind), bytes(fact.value),
                        ticks(header.time));
}

Done History::take(const wire::Header& header, const wire::CaptureGap& gap) {
  return note(header.probe, gap);
}

Done History::take(const wire::Header& header, const wire::LocalAddress& address) {
  const std::string_view interface = address.interface;
  if (address.removed) return end_own_.run(ticks(header.time), interface, address.address.bytes());
  const auto save = [&](Statement& statement) {
    return statement.run(ticks(header.time), interface, address.address.bytes(),
                         int64_t{address.prefix_length}, bytes(address.mac));
  };
  if (auto done = save(extend_own_); !done) return done;
  return database_->changes() > 0 ? Done{} : save(insert_own_);
}

Done History::note(const IncidentRow& incident) {
  return save_incident_.run(bits(incident.number), ticks(incident.opened), ticks(incident.updated),
                            ticks(incident.closed), std::string_view(incident.json));
}

Done History::note(const std::string& probe, const wire::CaptureGap& gap) {
  return insert_gap_.run(std::string_view(probe), std::string_view(gap.interface), ticks(gap.from),
                         ticks(gap.to), static_cast<int64_t>(gap.reason), bits(gap.count));
}

Done History::note(const OwnerRow& owner) {
  if (owner.name.empty() && owner.role == 0) return drop_owner_.run(bytes(owner.mac));
  return save_owner_.run(bytes(owner.mac), std::string_view(owner.name), int64_t{owner.role},
                         ticks(owner.since));
}

}  // namespace gatewitness::journal
