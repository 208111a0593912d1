// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/mx_query_rule.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr uint32_t kDay = 24;  // hours
constexpr double kWeight = 1.5;

}  // namespace

void MxQueryRule::asked(const DeviceId& device, std::string_view name, Timestamp when, Timestamp time,
                        Findings& out) {
  const auto hour = static_cast<uint32_t>(
      std::max<int64_t>(0, std::chrono::floor<std::chrono::hours>(when).time_since_epoch().count()));
  const auto key = static_cast<uint32_t>(key_of(name));
  auto& asked = devices_[device];
  std::erase_if(asked, [&](const Asked& a) { return hour > a.hour + kDay; });
  const auto known = std::find_if(asked.begin(), asked.end(), [&](const Asked& a) { return a.name == key; });
  if (known != asked.end()) {
    known->hour = hour;
    return;
  }
  if (asked.size() >= kMaxNames) asked.erase(asked.begin());
  asked.push_back({key, hour});
  if (asked.size() >= names_) out.terms.push_back({device, id(), kWeight, when, time});
}

nlohmann::json MxQueryRule::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, list] : devices_) {
    auto names = nlohmann::json::array();
    for (const auto& a : list) names.push_back({a.name, a.hour});
    out.push_back({to_string(device), std::move(names)});
  }
  return out;
}

void MxQueryRule::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    auto& list = devices_[device_of(item.at(0))];
    for (const auto& a : item.at(1)) {
      if (list.size() < kMaxNames) list.push_back({whole<uint32_t>(a.at(0)), whole<uint32_t>(a.at(1))});
    }
  }
}

}  // namespace gatewitness
