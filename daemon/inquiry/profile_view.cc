// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/profile_view.h"

#include <nlohmann/json.hpp>

#include "probes/wire/names.h"
#include "probes/wire/utf8.h"

namespace gatewitness {

using nlohmann::json;

json profile_view(const Profile& profile) {
  const auto& device = profile.device;
  return {{"id", to_string(device)},
          {"mac", device.kind == DeviceId::Kind::kMac ? json(to_string(device.mac)) : json(nullptr)},
          {"name", repaired_utf8(profile.name)},
          {"class", profile.device_class.empty() ? "unknown" : profile.device_class}};
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
