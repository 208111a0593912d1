// SPDX-License-Identifier: Apache-2.0
//
// Reads what the history keeps of a stretch of time, for an inquiry. Called by the journal of a running
// daemon, and by the command on a copy.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "daemon/inquiry/records.h"
#include "daemon/inquiry/testimony.h"
#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

// Rows of one kind that are read for one question; more is said to be cut.
inline constexpr int64_t kMaxRows = 4096;

// Who was where is read of all of the stretch; bindings and attempts only of the part that traffic names:
// there are many, and what happened a day before says nothing of a moment.
std::expected<Records, SqlError> records_between(Database& database, const Stretch& stretch,
                                                 const Stretch& traffic);

// When the sessions were that got this queue id: of those, the nearest to a time, or the newest. nullopt:
// none is known.
std::expected<std::optional<Stretch>, SqlError> stretch_of_queue_id(Database& database,
                                                                    const std::string& queue_id,
                                                                    const std::optional<Timestamp>& at);
// When the bindings were that left with this address and port around a time, as one stretch.
std::expected<std::optional<Stretch>, SqlError> stretch_of_port(Database& database, const IpAddress& outside,
                                                                uint16_t port, Timestamp at, Duration skew);

std::expected<std::map<MacAddress, OwnerNote>, SqlError> owner_notes(Database& database);

}  // namespace gatewitness::journal
