// SPDX-License-Identifier: Apache-2.0
//
// All of detection behind one door: attempts, arrivals, MX queries and time in, verdicts out. Works out what
// the rules share (which servers are new, what an attempt turned out to be, who scans, who serves mail), asks
// every rule, and keeps the account. Owned by the pipeline; all its state is saved and restored.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/detection/account.h"
#include "daemon/detection/contacts.h"
#include "daemon/detection/mail_servers.h"
#include "daemon/detection/rule.h"
#include "daemon/detection/scans.h"
#include "daemon/detection/settlements.h"
#include "daemon/detection/timeline.h"

namespace gatewitness {

class Detector {
 public:
  static constexpr const char* kRulePart = "rule ";  // stands before a rule's name as that of a part

  explicit Detector(const DetectionOptions& options);

  // The clock shows that; before everything else of that moment.
  void advance(Timestamp now) { timeline_.advance(now); }
  // An outbound attempt, at first sight and at each change.
  void observe(Sighting sighting, std::vector<Verdict>& out);
  // It was no mail.
  void retract(Sighting sighting);
  // An attempt from outside to a device of the home.
  void arrive(const DeviceId& device, const wire::Attempt& attempt);
  void asked(const DeviceId& device, std::string_view name, Timestamp time, std::vector<Verdict>& out);
  void tick(Timestamp now, std::vector<Verdict>& out);
  std::optional<Timestamp> next_deadline() const;
  void forget(const DeviceId& device);

  bool upstream_blocks() const;
  bool serves_mail(const DeviceId& device) const { return servers_.serves(device); }

  // The state is saved in parts, so that it need not be there as one tree. A part that is not restored starts
  // empty, one of a name that is none of parts() is passed over.
  std::vector<std::string> parts() const;
  nlohmann::json save(std::string_view part) const;
  // Throws nlohmann::json::exception on what it cannot read.
  void restore(std::string_view part, const nlohmann::json& state);

 private:
  static void visit(auto& self, const auto& f);
  void prepare(Sighting& sighting) const;
  void settle(Settled settled, Findings& found);
  void conclude(Findings& found, std::vector<Verdict>& out);

  DetectionOptions options_;
  Timeline timeline_;
  Contacts contacts_;
  Settlements settlements_;
  Scans scans_;
  MailServers servers_;
  std::vector<std::unique_ptr<Rule>> rules_;
  Account account_;
};

}  // namespace gatewitness
