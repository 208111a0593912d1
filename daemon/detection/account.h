// SPDX-License-Identifier: Apache-2.0
//
// One account per device: each rule adds its term, a log-likelihood ratio of "a bot" against "an innocent",
// and the sum is judged against one bound (Wald: the chance of a false alarm is at most options.false_alarm
// per walk). Old evidence fades with a half-life. What only supports (dialect, MX queries, rhythm) is capped,
// so that it never speaks alone. With options.enabled false the rules' own sums are judged one by one, as in
// the table of separate alarms. Owned by the detector. Per device at most 400 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>

#include "daemon/detection/rule.h"

namespace gatewitness {

class Account {
 public:
  static constexpr std::size_t kPhases = 24;  // newest attempts whose time of day is kept

  explicit Account(const DetectionOptions& options);

  // Terms of one moment, all of them; then the devices that got worse are judged.
  void book(const std::vector<Term>& terms, std::vector<Verdict>& out);
  // A direct attempt, for the figures and the rhythm; gives the rhythm's term. new_destination: counted once.
  void count(const Settled& settled, std::vector<Term>& terms);
  void forget(const DeviceId& device) { devices_.erase(device); }

  double bound() const { return bound_; }

  nlohmann::json save() const;
  void restore(const nlohmann::json& state);

 private:
  struct Entry {
    std::array<float, kRules> weight{};
    std::array<uint16_t, kRules> count{};
    Timestamp decayed;  // up to then the half-life is in the weights
    Timestamp began;    // when it last was empty; to show
    Timestamp newest;
    uint32_t attempts = 0;
    uint32_t destinations = 0;
    std::array<uint32_t, kPhases> minutes{};  // of direct attempts since 1970; a ring
    uint8_t next_minute = 0;
    uint8_t minutes_kept = 0;
    bool rhythmic = false;          // its term is booked
    Ground ground = Ground::kNone;  // the newest that a term had
  };
  void decay(Entry& entry, Timestamp when) const;
  void add(Entry& entry, const Term& term) const;
  bool is_alarm(const Entry& entry, double& score, double& bound) const;
  Verdict verdict_of(const DeviceId& device, const Entry& entry, double score, double bound,
                     Timestamp time) const;

  DetectionOptions options_;
  double bound_;
  std::map<DeviceId, Entry> devices_;

  static_assert(sizeof(Entry) <= 400);
};

// Whether those minutes (since 1970) cluster at the same times of day over several days.
Rhythm rhythm_of(const std::vector<uint32_t>& minutes);

}  // namespace gatewitness
