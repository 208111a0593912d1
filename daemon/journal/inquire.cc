// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/inquire.h"

#include <nlohmann/json.hpp>

#include "daemon/inquiry/testimony_view.h"
#include "daemon/journal/look_up.h"
#include "daemon/journal/schema.h"

namespace gatewitness::journal {

namespace {

// Longer than this, what is pointed at is no moment, and reading it is no shortcut.
constexpr Duration kMoment = std::chrono::minutes(10);
constexpr Duration kAround = std::chrono::minutes(1);

// Whether more traffic cannot change the answer: what was pointed at named a device.
bool is_settled(const Testimony& testimony) {
  return testimony.verdict == Testimony::Verdict::kNamed &&
         testimony.candidates.front().match <= Match::kPublicPort;
}

}  // namespace

std::expected<Testimony, SqlError> testimony_for(Database& database, const Inquiry& inquiry,
                                                 const TestifyOptions& options, Timestamp now) {
  Timestamp moment = inquiry.at.value_or(now);
  std::expected<std::optional<Stretch>, SqlError> pointed_at;
  if (!inquiry.queue_id.empty()) {
    pointed_at = stretch_of_queue_id(database, inquiry.queue_id, inquiry.at);
    if (pointed_at && *pointed_at) moment = (*pointed_at)->from;
  }
  if (pointed_at && !*pointed_at && inquiry.public_address && inquiry.port && inquiry.at)
    pointed_at = stretch_of_port(database, *inquiry.public_address, *inquiry.port, *inquiry.at, inquiry.skew);
  if (!pointed_at) return std::unexpected(pointed_at.error());
  const Stretch stretch = stretch_for(inquiry, moment);
  if (const auto& here = *pointed_at; here && here->to - here->from <= kMoment) {
    const auto near = records_between(database, stretch, {here->from - kAround, here->to + kAround});
    if (!near) return std::unexpected(near.error());
    Testimony testimony = testify(inquiry, *near, options);
    if (is_settled(testimony)) return testimony;
  }
  const auto records = records_between(database, stretch, traffic_for(inquiry, moment));
  if (!records) return std::unexpected(records.error());
  return testify(inquiry, *records, options);
}

std::expected<nlohmann::json, SqlError> inquire(Database& database, const Inquiry& inquiry,
                                                const TestifyOptions& options, Timestamp now) {
  const auto testimony = testimony_for(database, inquiry, options, now);
  if (!testimony) return std::unexpected(testimony.error());
  return to_json(*testimony, inquiry);
}

namespace {

// What holds more than is read at once is read in halves, down to this.
constexpr Duration kLeastSlice = std::chrono::seconds(10);
constexpr Duration kDay = std::chrono::hours(24);

std::expected<Clearance, SqlError> slice(Database& database, Timestamp from, Timestamp to,
                                         const TestifyOptions& options) {
  // Who had which address then was told up to a day before.
  auto records = records_between(database, {from - kDay, to}, {from, to});
  if (!records) return std::unexpected(records.error());
  if (!records->cut || to - from <= kLeastSlice) {
    auto clearance = clear(*records, from, to, options);
    if (records->cut) clearance.notes.emplace_back("More happened in that time than can be read.");
    return clearance;
  }
  const Timestamp middle = from + (to - from) / 2;
  auto first = slice(database, from, middle, options);
  if (!first) return first;
  auto second = slice(database, middle, to, options);
  if (!second) return second;
  join(*first, std::move(*second));
  return first;
}

}  // namespace

std::expected<Clearance, SqlError> clearance_between(Database& database, Timestamp from, Timestamp to,
                                                     const TestifyOptions& options) {
  return slice(database, from, to, options);
}

std::expected<nlohmann::json, SqlError> outside_addresses(Database& database) {
  // A stretch that holds nothing: what is asked for is kept of all time.
  const auto records =
      records_between(database, {Timestamp::max(), Timestamp::min()}, {Timestamp::max(), Timestamp::min()});
  if (!records) return std::unexpected(records.error());
  auto out = nlohmann::json::array();
  const auto add = [&](const IpAddress& address, Timestamp from, const std::optional<Timestamp>& to) {
    out.push_back({{"address", to_string(address)},
                   {"from", to_string(from)},
                   {"to", to ? nlohmann::json(to_string(*to)) : nlohmann::json(nullptr)}});
  };
  for (const auto& outside : records->outside) add(outside.address, outside.since, outside.until);
  for (const auto& own : records->own)
    if (!own.address.address.is_private()) add(own.address.address, own.since, own.until);
  return out;
}

namespace {

std::unexpected<std::string> fault(const std::string& path, const SqlError& error) {
  const bool busy = error.code == SQLITE_BUSY;
  return std::unexpected(path + ": " +
                         (busy ? "a daemon writes to it: ask that (without --journal)" : error.text));
}

std::expected<Database, std::string> open_for_reading(const std::string& path) {
  auto database = Database::open_copy(path);
  if (!database) return fault(path, database.error());
  if (auto fits = is_current(*database); !fits) return fault(path, fits.error());
  return std::move(*database);
}

}  // namespace

std::expected<Clearance, std::string> clearance_of_copy(const std::string& path, Timestamp from, Timestamp to,
                                                        const TestifyOptions& options) {
  auto database = open_for_reading(path);
  if (!database) return std::unexpected(database.error());
  auto answer = clearance_between(*database, from, to, options);
  if (!answer) return fault(path, answer.error());
  return std::move(*answer);
}

std::expected<nlohmann::json, std::string> outside_addresses_of_copy(const std::string& path) {
  auto database = open_for_reading(path);
  if (!database) return std::unexpected(database.error());
  auto answer = outside_addresses(*database);
  if (!answer) return fault(path, answer.error());
  return std::move(*answer);
}

std::expected<nlohmann::json, std::string> inquire_copy(const std::string& path, const Inquiry& inquiry,
                                                        const TestifyOptions& options, Timestamp now) {
  auto database = open_for_reading(path);
  if (!database) return std::unexpected(database.error());
  auto answer = inquire(*database, inquiry, options, now);
  if (!answer) return fault(path, answer.error());
  return std::move(*answer);
}

}  // namespace gatewitness::journal
