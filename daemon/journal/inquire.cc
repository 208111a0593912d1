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

std::expected<nlohmann::json, std::string> inquire_copy(const std::string& path, const Inquiry& inquiry,
                                                        const TestifyOptions& options, Timestamp now) {
  const auto fault = [&](const SqlError& error) {
    const bool busy = error.code == SQLITE_BUSY;
    return std::unexpected(path + ": " +
                           (busy ? "a daemon writes to it: ask that (without --journal)" : error.text));
  };
  auto database = Database::open_copy(path);
  if (!database) return fault(database.error());
  if (auto fits = is_current(*database); !fits) return fault(fits.error());
  auto answer = inquire(*database, inquiry, options, now);
  if (!answer) return fault(answer.error());
  return std::move(*answer);
}

}  // namespace gatewitness::journal
