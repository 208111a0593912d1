// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/dialect_rule.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// How much each trait speaks for a bot. Ours, by judgement: home devices ignore STARTTLS often and speak
// before the banner never.
struct Trait {
  uint32_t bit;
  double weight;
};
constexpr Trait kTraits[] = {
    {wire::kSpeaksBeforeBanner, 2}, {wire::kRotatingEhlo, 1.5},    {wire::kLiteralEhlo, 0.7},
    {wire::kBareLf, 0.5},           {wire::kIgnoresStarttls, 0.3}, {wire::kPipelinesUnasked, 1},
    {wire::kHeloNotEhlo, 0.3},      {wire::kBadOrder, 1},          {wire::kNoQuit, 0.2}};
constexpr double kNewName = 0.8;
constexpr std::size_t kFreeNames = 2;

}  // namespace

void DialectRule::observe(const Sighting& sighting, Findings& out) {
  const auto& attempt = sighting.attempt;
  if (!sighting.port25 || !attempt.final || !attempt.smtp || sighting.smarthost || sighting.serves_mail)
    return;
  const bool talked = attempt.smtp->mail_commands > 0 || attempt.smtp->tls >= wire::Tls::kStarted;
  if (!talked || attempt.smtp->auth_succeeded > 0) return;
  double weight = 0;
  for (const Trait& trait : kTraits) weight += (attempt.smtp->dialect & trait.bit) != 0 ? trait.weight : 0;
  if (!attempt.smtp->ehlo.empty()) {
    auto& names = devices_[sighting.device];
    const auto name = static_cast<uint32_t>(key_of(attempt.smtp->ehlo));
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      if (names.size() >= kMaxNames) names.erase(names.begin());
      names.push_back(name);
      if (names.size() > kFreeNames) weight += kNewName;
    }
  }
  if (weight > 0) out.terms.push_back({sighting.device, id(), weight, sighting.when, attempt.started});
}

nlohmann::json DialectRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, names] : devices_) out.push_back({to_string(device), names});
  return out;
}

void DialectRule::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    auto names = wholes<uint32_t>(item.at(1));
    if (names.size() > kMaxNames) names.resize(kMaxNames);
    devices_[device_of(item.at(0))] = std::move(names);
  }
}

}  // namespace gatewitness
