// SPDX-License-Identifier: Apache-2.0
//
// How long and how much of the past is kept. Called by the journal when it writes a snapshot.
#pragma once

#include <cstdint>
#include <expected>

#include "daemon/journal/sqlite.h"
#include "probes/wire/time.h"

namespace gatewitness::journal {

struct RetentionLimits {
  Duration max_age = std::chrono::hours(24 * 30);
  uint64_t max_bytes =
      8 * 1024 * 1024;  // of the history's pages in use; what a device floods does not push out the rest
};

// Takes away what is too old; then, where all of it together is too much, the oldest of those kinds that have
// more than their share. Gives the number of rows that went for want of room; those that were old are not
// counted.
std::expected<uint64_t, SqlError> enforce(Database& database, const RetentionLimits& limits, Timestamp now);

}  // namespace gatewitness::journal
