// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/profile_view.h"

#include <nlohmann/json.hpp>

#include "probes/wire/names.h"
#include "probes/wire/utf8.h"

namespace gatewitness {

using nlohmann::json;

namespace {

json reasons_view(const std::vector<Reason>& reasons) {
  json out = json::array();
  for (const auto& reason : reasons) {
    out.push_back({{"about", to_string(reason.about)},
                   {"says", repaired_utf8(reason.says)},
                   {"source", reason.source},
                   {"fact", repaired_utf8(reason.fact)},
                   {"strength", to_string(reason.strength)}});
  }
  return out;
}

json link_view(const std::optional<Link>& link) {
  if (!link) return nullptr;
  json grounds = json::array();
  for (const auto& ground : link->grounds) grounds.push_back(repaired_utf8(ground));
  return {{"mac", to_string(link->earlier)},
          {"strength", to_string(link->strength)},
          {"grounds", std::move(grounds)}};
}

}  // namespace

json identity_view(const Profile& profile) {
  return {{"reasons", reasons_view(profile.reasons)},
          {"contradictions", reasons_view(profile.contradictions)},
          {"link", link_view(profile.link)}};
}

json profile_view(const Profile& profile) {
  const auto& device = profile.device;
  return {{"id", to_string(device)},
          {"mac", device.kind == DeviceId::Kind::kMac ? json(to_string(device.mac)) : json(nullptr)},
          {"name", repaired_utf8(profile.name)},
          {"class", profile.device_class.empty() ? "unknown" : profile.device_class},
          {"vendor", repaired_utf8(profile.vendor)}};
}

json gaps_view(const std::vector<KnownGap>& gaps) {
  json out = json::array();
  for (const auto& known : gaps) {
    out.push_back({{"from", to_string(known.gap.from)},
                   {"to", to_string(known.gap.to)},
                   {"reason", wire::to_string(known.gap.reason)},
                   {"probe", repaired_utf8(known.probe)},
                   {"count", known.gap.count}});
  }
  return out;
}

}  // namespace gatewitness
