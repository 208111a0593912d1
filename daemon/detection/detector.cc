// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/detector.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/detection/failed_contact_rule.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr const char* kClock = "clock";

}  // namespace

Detector::Detector(const DetectionOptions& options)
    : options_(options),
      contacts_(options.fan_out.memory),
      settlements_(options.failed_contacts.no_answer, options.policy.mx_window),
      scans_(options.scan),
      rules_(make_rules(options)),
      account_(options) {}

// What the rules may know besides what the pipeline says.
void Detector::prepare(Sighting& sighting) const {
  sighting.when = timeline_.at(sighting.attempt.started);
  sighting.serves_mail =
      sighting.role == Role::kMailServer || (!sighting.appliance && servers_.serves(sighting.device));
  sighting.scanning = scans_.is_scanning(sighting.device, sighting.when);
}

void Detector::observe(Sighting sighting, std::vector<Verdict>& out) {
  prepare(sighting);
  Findings found;
  if (sighting.number == 0) {
    // The device became better known, its attempt did not: only what it is may weigh anew.
    for (const auto& rule : rules_) {
      if (rule->id() == RuleId::kPolicy) rule->observe(sighting, found);
    }
    return conclude(found, out);
  }
  if (sighting.first) {
    if (auto scan = scans_.note(sighting.device, sighting.attempt, sighting.when))
      found.verdicts.push_back(std::move(*scan));
    sighting.scanning = scans_.is_scanning(sighting.device, sighting.when);
    sighting.new_destination =
        sighting.port25 &&
        contacts_.note(sighting.device, key_of(destination_of(sighting.attempt.flow.destination.address)),
                       sighting.when);
  }
  servers_.depart(sighting.device, sighting.attempt);
  for (const auto& rule : rules_) rule->observe(sighting, found);
  if (sighting.port25) {
    if (auto settled = settlements_.observe(sighting)) settle(*settled, found);
  }
  conclude(found, out);
}

void Detector::settle(Settled settled, Findings& found) {
  if (settled.nature == Nature::kMail) scans_.saw_mail(settled.device, settled.when);
  settled.scanning = scans_.is_scanning(settled.device, settled.when);
  for (const auto& rule : rules_) rule->settle(settled, found);
  if (settled.is_direct() && !settled.serves_mail) account_.count(settled, found.terms);
}

void Detector::conclude(Findings& found, std::vector<Verdict>& out) {
  std::move(found.verdicts.begin(), found.verdicts.end(), std::back_inserter(out));
  if (!found.terms.empty()) account_.book(found.terms, out);
}

void Detector::retract(Sighting sighting) {
  prepare(sighting);
  settlements_.retract(sighting.number);
  for (const auto& rule : rules_) rule->retract(sighting);
}

void Detector::arrive(const DeviceId& device, const wire::Attempt& attempt) {
  if (attempt.is_mail == wire::IsMail::kNo) return;
  servers_.arrive(device, attempt);
  for (const auto& rule : rules_) rule->arrive(device, attempt, timeline_.at(attempt.started));
}

void Detector::asked(const DeviceId& device, std::string_view name, Timestamp time,
                     std::vector<Verdict>& out) {
  Findings found;
  for (const auto& rule : rules_) rule->asked(device, name, timeline_.at(time), time, found);
  conclude(found, out);
}

void Detector::tick(Timestamp now, std::vector<Verdict>& out) {
  Findings found;
  const Timestamp reckoned = timeline_.at(now);
  for (auto& settled : settlements_.tick(reckoned)) settle(settled, found);
  for (const auto& rule : rules_) rule->tick(reckoned, found);
  conclude(found, out);
}

std::optional<Timestamp> Detector::next_deadline() const {
  std::optional<Timestamp> next = settlements_.next_deadline();
  for (const auto& rule : rules_) {
    const auto due = rule->next_deadline();
    if (due && (!next || *due < *next)) next = due;
  }
  return next ? std::optional(timeline_.shown(*next)) : std::nullopt;
}

void Detector::forget(const DeviceId& device) {
  contacts_.forget(device);
  settlements_.forget(device);
  scans_.forget(device);
  servers_.forget(device);
  account_.forget(device);
  for (const auto& rule : rules_) rule->forget(device);
}

bool Detector::upstream_blocks() const {
  for (const auto& rule : rules_) {
    const auto* failed = dynamic_cast<const FailedContactRule*>(rule.get());
    if (failed != nullptr) return failed->upstream_blocks();
  }
  return false;
}

// Calls f with the name and the keeper of each part of the state. self: a Detector, const or not.
void Detector::visit(auto& self, const auto& f) {
  f("contacts", self.contacts_);
  f("settlements", self.settlements_);
  f("scans", self.scans_);
  f("servers", self.servers_);
  f("account", self.account_);
  for (const auto& rule : self.rules_) f(kRulePart + std::string(to_string(rule->id())), *rule);
}

std::vector<std::string> Detector::parts() const {
  std::vector<std::string> names{kClock};
  visit(*this, [&](std::string_view name, const auto&) { names.emplace_back(name); });
  return names;
}

nlohmann::json Detector::save(std::string_view part) const {
  if (part == kClock) return {timeline_.offset().count(), ticks(timeline_.newest())};
  nlohmann::json out;
  visit(*this, [&](std::string_view name, const auto& keeper) {
    if (name == part) out = keeper.save();
  });
  return out;
}

void Detector::restore(std::string_view part, const nlohmann::json& state) {
  if (part == kClock) return timeline_.put_back(Duration(whole<int64_t>(state.at(0))), time_of(state.at(1)));
  visit(*this, [&](std::string_view name, auto& keeper) {
    if (name == part) keeper.restore(state);
  });
}

}  // namespace gatewitness
