// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/smarthosts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// The server took a message; under TLS that the session ended in an orderly way is all that can be seen of
// it.
bool succeeded(const wire::Attempt& attempt) {
  if (!attempt.smtp) return false;
  if (attempt.smtp->messages_accepted > 0) return true;
  return attempt.smtp->tls >= wire::Tls::kStarted && attempt.outcome == wire::Outcome::kClosed;
}

}  // namespace

void Smarthosts::observe(const DeviceId& device, const wire::Attempt& attempt) {
  if (!succeeded(attempt)) return;
  const Prefix destination = destination_of(attempt.flow.destination.address);
  const int64_t day = std::chrono::floor<std::chrono::days>(attempt.started).time_since_epoch().count();
  auto& habits = devices_[device];
  if (habits.size() >= kMaxPerDevice && !habits.contains(destination)) {
    habits.erase(std::min_element(habits.begin(), habits.end(), [](const auto& a, const auto& b) {
      return a.second.last_day < b.second.last_day;
    }));
  }
  Habit& habit = habits[destination];
  if (habit.last_day == day) return;
  habit.last_day = day;
  ++habit.days;
}

bool Smarthosts::is_smarthost(const DeviceId& device, const IpAddress& server) const {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return false;
  const auto habit = found->second.find(destination_of(server));
  return habit != found->second.end() && habit->second.days >= days_;
}

nlohmann::json Smarthosts::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, habits] : devices_) {
    for (const auto& [destination, habit] : habits) {
      out.push_back({to_string(device), to_string(destination), habit.days, habit.last_day});
    }
  }
  return out;
}

void Smarthosts::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    const auto device = DeviceId::parse(item.at(0).get<std::string>());
    const auto destination = Prefix::parse(item.at(1).get<std::string>());
    if (device && destination)
      devices_[*device][*destination] = {whole<uint32_t>(item.at(2)), whole<int64_t>(item.at(3))};
  }
}

}  // namespace gatewitness
