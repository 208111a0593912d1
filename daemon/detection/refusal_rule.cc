// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/refusal_rule.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// One session with a thousand refusals is one event: it weighs no more than so many.
constexpr uint32_t kMostPerSession = 5;

struct Refusals {
  uint32_t for_good = 0;  // 5xx, without those for the login
  uint32_t by_list = 0;
};

Refusals refusals_of(const wire::SmtpDialogue& smtp) {
  Refusals out;
  for (const auto& refusal : smtp.refusals) {
    if (refusal.kind == wire::Refusal::kBlockList) out.by_list += refusal.count;
    if (refusal.code >= 500 && refusal.kind != wire::Refusal::kAuth &&
        refusal.kind != wire::Refusal::kBlockList)
      out.for_good += refusal.count;
  }
  return out;
}

}  // namespace

RefusalRule::RefusalRule(const RefusalOptions& options, double bound)
    : options_(options),
      bound_(bound),
      refused_step_(std::log(options.bot_share / options.benign_share)),
      accepted_step_(std::log((1 - options.bot_share) / (1 - options.benign_share))) {}

void RefusalRule::observe(const Sighting& sighting, Findings& out) {
  if (!sighting.port25 || !sighting.attempt.final || !sighting.attempt.smtp || sighting.smarthost) return;
  const wire::SmtpDialogue& smtp = *sighting.attempt.smtp;
  const Refusals refusals = refusals_of(smtp);
  if (sighting.serves_mail)
    return judge_server(sighting, refusals.for_good + refusals.by_list, smtp.messages_accepted, out);
  const double weight = options_.weight * std::min(refusals.for_good, kMostPerSession) +
                        options_.list_weight * std::min(refusals.by_list, kMostPerSession);
  if (weight > 0)
    out.terms.push_back({sighting.device, id(), weight, sighting.when, sighting.attempt.started});
}

void RefusalRule::judge_server(const Sighting& sighting, uint32_t refused, uint32_t accepted, Findings& out) {
  if (refused == 0 && (accepted == 0 || !servers_.contains(sighting.device))) return;
  Server& server = servers_[sighting.device];
  if (server.score == 0) server = {0, 0, 0, sighting.attempt.started};
  refused = std::min(refused, kMostPerSession);
  accepted = std::min(accepted, kMostPerSession);
  server.score = std::max(0.0, server.score + refused * refused_step_ + accepted * accepted_step_);
  if (server.score == 0) {
    servers_.erase(sighting.device);
    return;
  }
  server.messages += refused + accepted;
  server.refused += refused;
  if (refused == 0 || server.score < bound_) return;
  Verdict verdict;
  verdict.rule = id();
  verdict.device = sighting.device;
  verdict.kind = Kind::kTakenOver;
  verdict.severity = Severity::kAlarm;
  verdict.time = sighting.attempt.started;
  verdict.count = server.refused;
  verdict.limit = server.messages;
  verdict.window = std::max(Duration(0), sighting.attempt.started - server.began);
  verdict.score = server.score;
  verdict.bound = bound_;
  out.verdicts.push_back(std::move(verdict));
}

nlohmann::json RefusalRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, server] : servers_)
    out.push_back({to_string(device), server.score, server.messages, server.refused, ticks(server.began)});
  return out;
}

void RefusalRule::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    servers_[device_of(item.at(0))] = {item.at(1).get<double>(), whole<uint32_t>(item.at(2)),
                                       whole<uint32_t>(item.at(3)), time_of(item.at(4))};
  }
}

}  // namespace gatewitness
