// SPDX-License-Identifier: Apache-2.0
//
// The store's tables and how an older store becomes a newer one. Private to this folder.
#pragma once

#include <expected>
#include <string>

#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

// Marks the file as ours ("GWjr"), so that another program's database is not taken for a journal.
inline constexpr int64_t kApplicationId = 0x47576a72;

// Creates the tables of a new store, or brings an older one up to this build's version, in one transaction. A
// store of another program or of a newer version is refused with SQLITE_MISMATCH.
std::expected<void, SqlError> bring_up_to_date(Database& database);

// Whether it is a store of this build's version: one that is only read is not brought up to date.
std::expected<void, SqlError> is_current(Database& database);

// Whether all pages hold together.
std::expected<void, SqlError> check(Database& database);

}  // namespace gatewitness::journal
