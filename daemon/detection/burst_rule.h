// SPDX-License-Identifier: Apache-2.0
//
// R1: too many attempts on port 25 in a short or a long window, to several destinations; or more in the long
// window than the device's own learned normal allows (Poisson tail). Per device at most kMaxKept times 16
// bytes, and only while it sends.
#pragma once

#include <deque>
#include <map>

#include "daemon/detection/rule.h"

namespace gatewitness {

// P(X >= count) of a Poisson distribution with that mean; mean >= 0.
double poisson_tail(double mean, uint32_t count);

class BurstRule : public Rule {
 public:
  static constexpr std::size_t kMaxKept = 4096;  // attempts remembered per device

  explicit BurstRule(const BurstOptions& options) : options_(options) {}
  std::string_view name() const override { return "R1 burst"; }
  void observe(const Sighting& sighting, std::vector<Verdict>& out) override;
  void retract(const Sighting& sighting) override;
  void tick(Timestamp now, std::vector<Verdict>& out) override;
  std::optional<Timestamp> next_deadline() const override;
  void forget(const DeviceId& device) override;
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct Seen {
    Timestamp time;
    uint64_t number = 0;
    Prefix destination;
  };
  struct State {
    std::deque<Seen> seen;  // within the long window, by time
    double normal = 0;      // attempts per day, EWMA
    int64_t day = 0;        // day number that today counts for
    uint32_t today = 0;
    bool learned = false;  // at least one whole day went into normal
    Timestamp told;        // last verdict
  };
  struct Count {
    uint32_t attempts = 0;
    uint32_t destinations = 0;
  };
  void roll_day(State& state, Timestamp time) const;
  static Count count_within(const State& state, Timestamp end, Duration window);
  std::optional<Verdict> judge(const State& state, Timestamp time) const;
  void tell(const DeviceId& device, State& state, Verdict verdict, std::vector<Verdict>& out);

  BurstOptions options_;
  std::map<DeviceId, State> devices_;
  // Devices with attempts in a burst that were not told yet, and when they are due. Not saved: after a
  // restart the next attempt tells all.
  std::map<DeviceId, Timestamp> owed_;
};

}  // namespace gatewitness
