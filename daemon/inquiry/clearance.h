// SPDX-License-Identifier: Apache-2.0
//
// Who sent no mail in a stretch of time, and whether what was being recorded lets one say so. Values.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/inquiry/testimony.h"

namespace gatewitness {

// The longest stretch that can be asked for at once.
inline constexpr Duration kMaxClearance = std::chrono::hours(24 * 400);

struct ClearedDevice {
  Profile profile;
  uint64_t connections = 0;  // to mail servers, in the stretch
};

struct Clearance {
  Timestamp from, to;
  bool complete = false;                      // the capture ran throughout and lost nothing that is known
  std::map<DeviceId, ClearedDevice> devices;  // all that were there
  std::vector<std::string> watched;
  std::vector<KnownGap> gaps;
  std::vector<std::string> notes;
};

// What is wrong with such a stretch; nullopt: nothing.
std::optional<std::string> fault_of(Timestamp from, Timestamp to);

// Of [from, to), out of records that hold all that overlaps it.
Clearance clear(const Records& records, Timestamp from, Timestamp to, const TestifyOptions& options);

// Two neighbouring stretches as one. watched and gaps are those of the whole, and for the caller to set.
void join(Clearance& whole, Clearance&& next);

// {from, to, complete, sentence, devices: [{id, mac, name, class, connections, cleared, why}], watched, gaps,
// notes}: daemon/control/README.md.
nlohmann::json to_json(const Clearance& clearance);

}  // namespace gatewitness
