// SPDX-License-Identifier: Apache-2.0
//
// The interface of a rule: attempts in, findings out. A finding is a verdict of its own or a term for the
// device's account. A rule keeps bounded state per device, asks no clock, and can give its state away and
// take it back. Owned by the detector, which alone calls it.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/detection/options.h"
#include "daemon/model/device_id.h"
#include "daemon/model/network.h"
#include "daemon/model/verdict.h"
#include "probes/wire/attempt.h"

namespace gatewitness {

// What a rule may know of an attempt; it borrows, for the length of a call. `when` is the time to reckon with
// (timeline.h), attempt.started the time to show.
struct Sighting {
  const DeviceId& device;
  const wire::Attempt& attempt;
  uint64_t number = 0;  // the pipeline's own, unique: the same attempt has the same number at each sighting
  bool first = false;   // not seen before
  bool port25 = false;
  Role role = Role::kNone;
  bool appliance = false;  // by class or by the owner's word
  bool smarthost = false;  // to a server that this device has learned as its smarthost
  bool shared = false;     // others send with its MAC, as behind a repeater
  std::optional<Timestamp> mx_query = std::nullopt;  // the device's newest MX query

  // By the detector:
  Timestamp when = Timestamp(Duration(0));
  bool serves_mail = false;      // enrolled as a mail server, or seen to be one
  bool scanning = false;         // it is looking for servers just now
  bool new_destination = false;  // at the first sighting on port 25: not tried before
};

// What an attempt turned out to be; the first that fits.
enum class Nature : uint8_t {
  kUnanswered = 0,     // silence
  kRefused = 1,        // RST or ICMP error
  kMail = 2,           // a transaction in the clear, or turned away before it could begin
  kAuthenticated = 3,  // AUTH succeeded
  kOpaque = 4,         // went on under TLS
  kIdle = 5,           // a dialogue that ended without a transaction: somebody looked
  kUnseen = 6,         // connected, and nothing of it was seen
};

// An attempt whose nature is known; told once, as soon as it is.
struct Settled {
  DeviceId device;
  uint64_t number = 0;
  uint64_t destination = 0;  // key_of the destination
  Timestamp when;            // of its start, to reckon with
  Timestamp time;            // of its start, to show
  Nature nature = Nature::kUnseen;
  Role role = Role::kNone;
  bool appliance = false;
  bool smarthost = false;
  bool serves_mail = false;
  bool scanning = false;
  bool first_contact = false;  // the destination is new to the device
  bool after_mx_query = false;
  bool names_itself_relay = false;  // the server's banner does

  bool failed() const { return nature == Nature::kUnanswered || nature == Nature::kRefused; }
  // Mail straight to an exchanger, as far as can be told.
  bool is_direct() const {
    const bool looked = scanning && (failed() || nature == Nature::kUnseen);
    return !smarthost && !looked && nature != Nature::kIdle && nature != Nature::kAuthenticated;
  }
};

struct Term {
  DeviceId device;
  RuleId rule = RuleId::kPolicy;
  double weight = 0;
  Timestamp when;
  Timestamp time;
  Ground ground = Ground::kNone;  // what exactly was found, where the rule has several
};

struct Findings {
  std::vector<Verdict> verdicts;
  std::vector<Term> terms;
};

class Rule {
 public:
  virtual ~Rule() = default;
  virtual RuleId id() const = 0;
  // Outbound attempts, at first sight and at each change.
  virtual void observe(const Sighting& /*sighting*/, Findings& /*out*/) {}
  // Attempts on port 25, once.
  virtual void settle(const Settled& /*settled*/, Findings& /*out*/) {}
  // A mail session that came to the device from outside.
  virtual void arrive(const DeviceId& /*device*/, const wire::Attempt& /*attempt*/, Timestamp /*when*/) {}
  // The device asked for a domain's mail exchangers.
  virtual void asked(const DeviceId& /*device*/, std::string_view /*name*/, Timestamp /*when*/,
                     Timestamp /*time*/, Findings& /*out*/) {}
  // It was no mail: as if it had not been.
  virtual void retract(const Sighting& /*sighting*/) {}
  // Time passed; for rules that wait. Both times are to reckon with.
  virtual void tick(Timestamp /*now*/, Findings& /*out*/) {}
  virtual std::optional<Timestamp> next_deadline() const { return std::nullopt; }
  // The device is forgotten.
  virtual void forget(const DeviceId& device) = 0;

  virtual nlohmann::json save() const = 0;
  virtual void restore(
      const nlohmann::json& state) = 0;  // throws nlohmann::json::exception on what it cannot read
};

// From so much on a sum of log-likelihood ratios is an alarm (Wald's bound).
double account_bound(const AccountOptions& options);

// All rules that are switched on, in their order.
std::vector<std::unique_ptr<Rule>> make_rules(const DetectionOptions& options);

}  // namespace gatewitness
