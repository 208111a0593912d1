// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal/inquire.h"

#include <nlohmann/json.hpp>

#include "daemon/inquiry/testimony_view.h"
#include "daemon/journal/look_up.h"
#include "daemon/journal/schema.h"

namespace gatewitness::journal {

std::expected<nlohmann::json, SqlError> inquire(Database& database, const Inquiry& inquiry,
                                                const TestifyOptions& options, Timestamp now) {
  Timestamp moment = inquiry.at.value_or(now);
  if (!inquiry.queue_id.empty()) {
    const auto known = time_of_queue_id(database, inquiry.queue_id);
    if (!known) return std::unexpected(known.error());
    moment = known->value_or(moment);
  }
  const Stretch stretch = stretch_for(inquiry, moment);
  const auto records = records_between(database, stretch.from, stretch.to);
  if (!records) return std::unexpected(records.error());
  return to_json(testify(inquiry, *records, options), inquiry);
}

std::expected<nlohmann::json, SqlError> outside_addresses(Database& database) {
  // A stretch that holds nothing: what is asked for is kept of all time.
  const auto records = records_between(database, Timestamp::max(), Timestamp::min());
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
