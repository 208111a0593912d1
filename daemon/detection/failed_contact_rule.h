// SPDX-License-Identifier: Apache-2.0
//
// R3: first contacts on port 25 that fail. A sequential probability ratio test per device (Jung et al., "Fast
// portscan detection using sequential hypothesis testing", 2004): a failure speaks for a bot, a success
// against. Also watches over the home as a whole: where nearly every attempt fails, the upstream blocks port
// 25, and the device is named all the same. Per device at most kMaxDestinations times 40 bytes.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <set>

#include "daemon/detection/rule.h"

namespace gatewitness {

class FailedContactRule : public Rule {
 public:
  static constexpr std::size_t kMaxDestinations =
      256;                                          // per device; the one contacted longest ago is new again
  static constexpr std::size_t kMaxWaiting = 4096;  // attempts without an answer yet

  explicit FailedContactRule(const FailedContactOptions& options);
  std::string_view name() const override { return "R3 failed first contact"; }
  void observe(const Sighting& sighting, std::vector<Verdict>& out) override;
  void retract(const Sighting& sighting) override;
  void tick(Timestamp now, std::vector<Verdict>& out) override;
  std::optional<Timestamp> next_deadline() const override;
  void forget(const DeviceId& device) override;
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

  // Nearly all of the home's attempts on port 25 fail.
  bool upstream_blocks() const;

 private:
  struct State {
    double score = 0;                      // log-likelihood ratio, never below 0
    uint32_t failures = 0;                 // first contacts that failed since the score was last 0
    std::set<Prefix> failed_destinations;  // of those, at most kMaxDestinations
    std::map<Prefix, Timestamp> contacted;
    bool told = false;
  };
  struct Waiting {
    DeviceId device;
    Prefix destination;
    Timestamp started;
    Timestamp since;  // when it was told, if that was later
    bool first_contact = false;
  };
  void resolve(const Waiting& attempt, bool failed, std::vector<Verdict>& out);
  void remember(State& state, const Prefix& destination, Timestamp time);
  void count_for_home(bool failed);

  FailedContactOptions options_;
  double failure_step_, success_step_, bound_;
  std::map<DeviceId, State> devices_;
  std::map<uint64_t, Waiting> waiting_;  // by attempt number
  std::set<std::pair<Timestamp, uint64_t>> deadlines_;
  Timestamp now_;
  double home_attempts_ = 0, home_failures_ = 0;  // halved together when large, so that old ones fade
};

}  // namespace gatewitness
