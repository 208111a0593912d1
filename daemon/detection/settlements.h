// SPDX-License-Identifier: Apache-2.0
//
// Attempts on port 25 whose nature is not known yet: a SYN says little, the dialogue tells whether it is
// mail, a look at a greeting, or a login at a smarthost. Each is settled once, as soon as it can be. Owned by
// the detector. At most kMaxWaiting attempts of about 200 bytes in all, whatever the devices.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "daemon/detection/rule.h"

namespace gatewitness {

class Settlements {
 public:
  static constexpr std::size_t kMaxWaiting = 4096;
  // A connection of which nothing more is seen is settled after so long.
  static constexpr Duration kUnseenAfter = std::chrono::seconds(60);
  // A refusal of the connection after so long: who scans shows it meanwhile.
  static constexpr Duration kRefusedAfter = std::chrono::seconds(3);
  // An appliance's silence is told sooner: its SYN was repeated twice by then (RFC 6298: after 1 and 3 s).
  static constexpr Duration kApplianceAfter = std::chrono::seconds(4);

  Settlements(Duration no_answer, Duration mx_window) : no_answer_(no_answer), mx_window_(mx_window) {}

  // Port 25 only.
  std::optional<Settled> observe(const Sighting& sighting);
  void retract(uint64_t number);
  // Those that time settled, in order.
  std::vector<Settled> tick(Timestamp now);
  std::optional<Timestamp> next_deadline() const;
  void forget(const DeviceId& device);

  nlohmann::json save() const;
  void restore(const nlohmann::json& state);

 private:
  struct Waiting {
    Settled what;
    Nature in_the_end = Nature::kUnanswered;  // if nothing more is seen until then
    Timestamp due;
  };
  void wait(Waiting waiting);
  void postpone(uint64_t number, Waiting& waiting, Nature nature, Timestamp due);
  std::optional<Settled> take(uint64_t number, Nature nature);

  Duration no_answer_, mx_window_;
  Timestamp now_;                        // of the last tick
  std::map<uint64_t, Waiting> waiting_;  // by attempt number
  std::set<std::pair<Timestamp, uint64_t>> deadlines_;
};

}  // namespace gatewitness
