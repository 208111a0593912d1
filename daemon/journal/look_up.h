// SPDX-License-Identifier: Apache-2.0
//
// Reads what the history keeps of a stretch of time, for an inquiry. Called by the journal of a running
// daemon, and by the command on a copy.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "daemon/inquiry/records.h"
#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

// Rows of one kind that are read for one question; more is said to be cut.
inline constexpr int64_t kMaxRows = 4096;

std::expected<Records, SqlError> records_between(Database& database, Timestamp from, Timestamp to);

// When the session began that got this queue id, the newest one; nullopt: none is known.
std::expected<std::optional<Timestamp>, SqlError> time_of_queue_id(Database& database,
                                                                   const std::string& queue_id);

std::expected<std::map<MacAddress, OwnerNote>, SqlError> owner_notes(Database& database);

}  // namespace gatewitness::journal
