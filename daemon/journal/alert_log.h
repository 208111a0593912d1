// SPDX-License-Identifier: Apache-2.0
//
// What the owner was told, in order, for whoever brings it to him; and what he does not want to hear. Private
// to this folder; used inside the journal's transactions.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/journal/sqlite.h"
#include "probes/wire/time.h"

namespace gatewitness::journal {

struct MuteRow {
  std::string device;
  std::string kind;
  Timestamp until;
};

std::expected<void, SqlError> append_alert(Database& database, Timestamp time, const nlohmann::json& alert);
// {epoch, newest, alerts: [...]}: those with a number above after, the oldest first, each with its number.
std::expected<nlohmann::json, SqlError> alerts_after(Database& database, uint64_t after, uint64_t limit);
// The newest of each incident that is kept, for who decides what is told.
std::expected<std::vector<nlohmann::json>, SqlError> recent_alerts(Database& database);
// Those that are over by now go.
std::expected<void, SqlError> keep_mute(Database& database, const MuteRow& mute, Timestamp now);
std::expected<std::vector<MuteRow>, SqlError> mutes(Database& database);

}  // namespace gatewitness::journal
