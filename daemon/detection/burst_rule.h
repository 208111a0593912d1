// SPDX-License-Identifier: Apache-2.0
//
// R1: too many attempts on port 25 in a short or a long window, to several destinations; or more in the long
// window than the device's own learned normal allows (Poisson tail). A mail server is judged by the most that
// it has sent in a long window before. A burst is told a moment after it is one, so that sessions that were
// no mail can still be taken out. Per device at most 1.6 kB while it sends, 500 bytes else.
#pragma once

#include <map>
#include <vector>

#include "daemon/detection/rule.h"
#include "daemon/detection/sliding_count.h"

namespace gatewitness {

// P(X >= count) of a Poisson distribution with that mean; mean >= 0.
double poisson_tail(double mean, uint32_t count);

class BurstRule : public Rule {
 public:
  static constexpr std::size_t kMaxDestinations = 64;  // told apart per device; beyond it does not matter

  explicit BurstRule(const BurstOptions& options) : options_(options) {}
  RuleId id() const override { return RuleId::kBurst; }
  void observe(const Sighting& sighting, Findings& out) override;
  void settle(const Settled& settled, Findings& out) override;
  void retract(const Sighting& sighting) override;
  void tick(Timestamp now, Findings& out) override;
  std::optional<Timestamp> next_deadline() const override;
  void forget(const DeviceId& device) override;
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct Seen {
    uint64_t destination = 0;
    Timestamp when;  // newest
  };
  struct State {
    SlidingCount brief, extended;
    SlidingCount idle_talk;  // of the extended ones: failed, or under TLS; to one server they say little
    std::vector<Seen> destinations;
    double normal = 0;  // attempts per day, EWMA
    double peak = 0;    // most in a long window of earlier days, fading
    uint32_t today_peak = 0;
    int64_t day = 0;  // day number that today counts for
    uint32_t today = 0;
    uint32_t days = 0;  // that went into normal
    bool serves = false;
    Timestamp when;   // newest attempt, to reckon with
    Timestamp shown;  // and to show
    Timestamp told;   // last verdict, to reckon with
  };
  static_assert(sizeof(State) <= 400);
  void roll_day(State& state, Timestamp when) const;
  uint32_t destinations_within(const State& state, Timestamp end, Duration window) const;
  std::optional<Verdict> judge(State& state) const;
  std::optional<Verdict> judge_server(State& state) const;
  void take_back(State& state, Timestamp when);
  void tell(const DeviceId& device, State& state, Verdict verdict, Findings& out);

  BurstOptions options_;
  std::map<DeviceId, State> devices_;
  // Devices with a burst that is to be told, and when. Not saved: after a restart the next attempt tells all.
  std::map<DeviceId, Timestamp> owed_;
};

}  // namespace gatewitness
