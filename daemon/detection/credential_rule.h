// SPDX-License-Identifier: Apache-2.0
//
// R4: logins that are not the owner's, on the submission ports and with AUTH on 25. Within a day: many names,
// logins or sender domains at one provider; many providers that are new to the device; refused logins, which
// under TLS show as sessions too short to carry a mail, at two providers or more. On port 25 without AUTH the
// sender domains are counted alike. Its findings are terms of the account; each kind alone suffices. Per
// device at most 2 kB, a client with two providers takes 200 bytes.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "daemon/detection/rule.h"
#include "daemon/detection/sliding_count.h"

namespace gatewitness {

class CredentialRule : public Rule {
 public:
  static constexpr std::size_t kMaxProviders = 32;  // per device; the one used longest ago goes
  static constexpr std::size_t kMaxNames = 16;      // per provider and sort, in a day
  static constexpr std::size_t kMaxDomains = 16;    // of senders on port 25, of a month

  CredentialRule(const CredentialOptions& options, double bound) : options_(options), bound_(bound) {}
  RuleId id() const override { return RuleId::kCredentials; }
  void observe(const Sighting& sighting, Findings& out) override;
  void forget(const DeviceId& device) override { devices_.erase(device); }
  nlohmann::json save() const override;
  void restore(const nlohmann::json& state) override;

 private:
  struct Mark {
    uint32_t name = 0;  // the low half of its key
    uint32_t hour = 0;  // since 1970, when it was last seen
  };
  struct Provider {
    uint64_t key = 0;
    uint32_t first_hour = 0, last_hour = 0;
    uint32_t source = 0;                       // low half of the key of the address that used it last
    std::vector<Mark> helos, logins, domains;  // that were used there
  };
  struct Refused {
    Timestamp when;
    uint32_t provider = 0;
  };
  struct State {
    std::vector<Provider> providers;
    std::vector<Mark> domains;     // port 25, without a login
    std::vector<Refused> refused;  // within the window, the newest
    SlidingCount sent;             // sessions of the last hour that carried a mail
    uint32_t most_sent = 0;        // in an hour of earlier days
    uint32_t today_most = 0;
    int64_t day = 0;       // that today_most is of
    int64_t told_day = 0;  // when bulk was last told
  };
  void learn(const Sighting& sighting, State& state, Findings& out);
  void count_names(const Sighting& sighting, Provider& provider, Findings& out);
  void count_logins(const Sighting& sighting, State& state, Findings& out);
  void count_bulk(const Sighting& sighting, State& state, Findings& out);
  void count_domains(const Sighting& sighting, State& state, Findings& out);
  void term(const Sighting& sighting, double weight, Ground ground, Findings& out) const;

  CredentialOptions options_;
  double bound_;
  std::map<DeviceId, State> devices_;
};

}  // namespace gatewitness
