// SPDX-License-Identifier: Apache-2.0
//
// The text of the guard's own nftables table: `table inet gatewitness`, made anew as a whole in one
// transaction with each change, so that there is no moment without it. It only ever drops or refuses: what it
// lets pass meets the owner's firewall as before. Built from values alone. PURE.
//
// A device is matched by its MAC, and by its addresses for what comes in by another way (a second radio, a
// bridge that rewrites MACs). The kernel ends each element by itself (timeouts), also if the guard is gone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/quarantine/quarantine.h"

namespace gatewitness::quarantine {

inline constexpr std::string_view kTable = "inet gatewitness";

struct RulesetOptions {
  std::vector<uint16_t> mail_ports = {25, 465, 587, 2525};  // not empty
  // Mail is refused with a TCP reset, which ends an attempt at once; a kernel without that can only drop.
  bool reject = true;
};

// One transaction: the table as it should be; without quarantines: no table.
std::string ruleset(std::span<const Quarantine> quarantines, const RulesetOptions& options, Timestamp now);
// No table, whether there is one or not.
std::string no_table();

}  // namespace gatewitness::quarantine
