// SPDX-License-Identifier: Apache-2.0
//
// Stories for the detector's tests: what a device does, moment by moment, with the time passed in.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/detection/detector.h"

namespace gatewitness::test {

using namespace std::chrono_literals;

inline constexpr Timestamp kMonday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};
inline const DeviceId kDevice = DeviceId::of(MacAddress{{0, 0, 0x5e, 0, 0x53, 1}});

// One try of the device, from SYN to end.
struct Try {
  Duration at{};        // after the story's start
  uint32_t server = 1;  // each number is a destination of its own
  uint16_t port = 25;
  wire::Outcome outcome = wire::Outcome::kClosed;
  wire::Tls tls = wire::Tls::kNone;
  bool mail = true;    // MAIL is said; false: a look at the greeting
  bool login = false;  // AUTH succeeds
  bool login_refused = false;
  uint64_t identity = 7;
  uint16_t refused = 0;  // code of a refusal of the recipient
  std::string list;      // that names this block list
  std::string ehlo = "host.example";
  std::string domain = "own.example";
  std::string banner = "mx.far.example";
  uint64_t bytes = 5000;
  uint32_t dialect = 0;
};

// How the device is known.
struct Known {
  Role role = Role::kNone;
  bool appliance = false;
  bool smarthost = false;
  bool shared = false;
};

class Story {
 public:
  explicit Story(const DetectionOptions& options = {}) : options_(options), detector_(options) {}

  // The whole attempt: first sighting, and its end two seconds later (ten minutes for silence).
  void tries(const Try& t, const Known& known = {}) {
    const Timestamp start = kMonday + t.at + step_;
    wait_until(start);
    const uint64_t number = ++number_;
    wire::Attempt attempt;
    attempt.id = number;
    attempt.started = attempt.last = start;
    attempt.client_seen = true;
    attempt.flow.source = {IpAddress::v4({192, 168, 1, 20}), static_cast<uint16_t>(20'000 + number % 40'000)};
    attempt.flow.destination = {
        IpAddress::v4({100, static_cast<uint8_t>(t.server >> 8), static_cast<uint8_t>(t.server), 25}),
        t.port};
    show(attempt, number, true, known);
    if (t.outcome == wire::Outcome::kSynOnly) return;  // nothing comes
    attempt.outcome = t.outcome;
    attempt.final = true;
    attempt.last = start + 2s;
    if (t.outcome >= wire::Outcome::kEstablished) {
      attempt.to_server.bytes = t.bytes;
      attempt.is_mail = wire::IsMail::kYes;
      attempt.smtp = dialogue(t);
    }
    show(attempt, number, false, known);
    newest_ = attempt;
  }
  // A name or class of the device was learned: its newest attempt is shown again.
  void becomes(const Known& known) { show(newest_, 0, false, known); }
  // A mail session comes in from outside.
  void arrives(Duration at, uint16_t port = 25) {
    wire::Attempt attempt;
    attempt.started = attempt.last = kMonday + at + step_;
    wait_until(attempt.started);
    attempt.flow.destination.port = port;
    detector_.arrive(kDevice, attempt);
    attempt.revision = 1;
    attempt.final = true;
    attempt.outcome = wire::Outcome::kClosed;
    attempt.smtp = wire::SmtpDialogue{};
    attempt.smtp->messages_accepted = 1;
    detector_.arrive(kDevice, attempt);
  }
  void asks(Duration at, const std::string& name) {
    wait_until(kMonday + at + step_);
    mx_query_ = kMonday + at + step_;
    detector_.asked(kDevice, name, *mx_query_, verdicts);
  }
  void wait_until(Timestamp now) {
    for (auto due = detector_.next_deadline(); due && *due <= now && *due > now_;
         due = detector_.next_deadline())
      move(*due);
    move(now);
  }
  void wait(Duration until) { wait_until(kMonday + until + step_); }
  // The clock is set.
  void step_clock(Duration by) { step_ = by; }
  // Saved, and restored into a fresh detector.
  void restart() {
    Detector fresh(options_);
    for (const auto& part : detector_.parts()) fresh.restore(part, detector_.save(part));
    detector_ = std::move(fresh);
  }

  bool alarmed() const { return alarm() != nullptr; }
  const Verdict* alarm() const {
    for (const auto& verdict : verdicts) {
      if (verdict.severity == Severity::kAlarm) return &verdict;
    }
    return nullptr;
  }
  const Verdict* newest(Kind kind) const {
    for (auto verdict = verdicts.rbegin(); verdict != verdicts.rend(); ++verdict) {
      if (verdict->kind == kind) return &*verdict;
    }
    return nullptr;
  }
  uint64_t attempts() const { return number_; }
  Detector& detector() { return detector_; }

  std::vector<Verdict> verdicts;

 private:
  void move(Timestamp now) {
    now_ = now;
    detector_.advance(now);
    detector_.tick(now, verdicts);
  }
  void show(const wire::Attempt& attempt, uint64_t number, bool first, const Known& known) {
    Sighting sighting{kDevice, attempt};
    sighting.number = number;
    sighting.first = first;
    sighting.port25 = attempt.flow.destination.port == 25;
    sighting.role = known.role;
    sighting.appliance = known.appliance;
    sighting.smarthost = known.smarthost;
    sighting.shared = known.shared;
    sighting.mx_query = mx_query_;
    detector_.observe(sighting, verdicts);
  }
  static wire::SmtpDialogue dialogue(const Try& t) {
    wire::SmtpDialogue smtp;
    smtp.greeting_code = 220;
    smtp.banner = t.banner;
    smtp.ehlo = t.ehlo;
    smtp.tls = t.tls;
    if (t.tls >= wire::Tls::kStarted) return smtp;
    smtp.dialect = t.dialect;
    if (t.login || t.login_refused) {
      smtp.auth_tried = 1;
      smtp.auth_identity_hash = t.identity;
      ++(t.login_refused ? smtp.auth_failed : smtp.auth_succeeded);
    }
    if (!t.mail || t.login_refused) return smtp;
    smtp.mail_commands = smtp.rcpt_commands = 1;
    smtp.mail_from_domains = {t.domain};
    if (t.refused == 0) {
      smtp.messages_accepted = 1;
    } else {
      smtp.rcpt_refused = 1;
      smtp.refusals = {
          {t.list.empty() ? wire::Refusal::kUnknownUser : wire::Refusal::kBlockList, t.refused, t.list, 1}};
    }
    return smtp;
  }

  DetectionOptions options_;
  Detector detector_;
  std::optional<Timestamp> mx_query_;
  wire::Attempt newest_;
  Timestamp now_;
  Duration step_{};
  uint64_t number_ = 0;
};

}  // namespace gatewitness::test
