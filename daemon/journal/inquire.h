// SPDX-License-Identifier: Apache-2.0
//
// An inquiry answered from a store: finds the stretch of time that it means, reads it, testifies. Used by the
// journal of a running daemon and, on a copy, by the command.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "daemon/inquiry/clearance.h"
#include "daemon/inquiry/testimony.h"
#include "daemon/journal/sqlite.h"

namespace gatewitness::journal {

std::expected<Testimony, SqlError> testimony_for(Database& database, const Inquiry& inquiry,
                                                 const TestifyOptions& options, Timestamp now);

// The testimony in its documented JSON. now: where to look for an inquiry without a time whose queue id is
// unknown.
std::expected<nlohmann::json, SqlError> inquire(Database& database, const Inquiry& inquiry,
                                                const TestifyOptions& options, Timestamp now);

// Who sent no mail between two times.
std::expected<Clearance, SqlError> clearance_between(Database& database, Timestamp from, Timestamp to,
                                                     const TestifyOptions& options);
std::expected<Clearance, std::string> clearance_of_copy(const std::string& path, Timestamp from, Timestamp to,
                                                        const TestifyOptions& options);

// [{address, from, to}]: which addresses the world saw this home's connections come from, and when.
std::expected<nlohmann::json, SqlError> outside_addresses(Database& database);

// The same of a copy that nobody writes to. The error is one line.
std::expected<nlohmann::json, std::string> outside_addresses_of_copy(const std::string& path);
std::expected<nlohmann::json, std::string> inquire_copy(const std::string& path, const Inquiry& inquiry,
                                                        const TestifyOptions& options, Timestamp now);

}  // namespace gatewitness::journal
