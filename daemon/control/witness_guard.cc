// SPDX-License-Identifier: Apache-2.0
//
// The Witness's part in quarantines: what its desk (guard_desk.h) must know of the home, and what is kept and
// told of what the guard did.
#include <nlohmann/json.hpp>

#include "daemon/control/witness.h"

namespace gatewitness::control {

using nlohmann::json;

Home Witness::home() const {
  return {
      .device_of = [this](std::string_view id) -> std::optional<DeviceId> {
        const auto incident = pipeline_.explain(id);
        if (!incident || !incident->contains("device") || !incident->at("device").is_object())
          return std::nullopt;
        return DeviceId::parse(incident->at("device").value("id", ""));
      },
      .device = [this](const DeviceId& device) { return pipeline_.device(device); },
      .addresses_of =
          [this](const DeviceId& device) {
            return pipeline_.addresses_now(device, quarantine::kMaxAddresses);
          },
      .mac_of = [this](const IpAddress& address) { return pipeline_.mac_now(address); },
      .is_gateway = [this](const MacAddress& mac) { return pipeline_.is_gateway(mac); },
  };
}

json Witness::marked(json view) const {
  if (view.is_object()) guard_.mark(view);
  if (view.is_array())
    for (auto& each : view) guard_.mark(each);
  return view;
}

std::optional<GuardDesk::Heard> Witness::hear_for_guard(std::span<const uint8_t> request) const {
  return guard_.hear(request, home());
}

std::vector<quarantine::Request> Witness::take_guard_requests(Timestamp now) {
  return guard_.take_requests(home(), now);
}

std::string Witness::learn_from_guard(const GuardDesk::Errand& errand,
                                      const std::expected<quarantine::Reply, std::string>& reply,
                                      Timestamp now) {
  const json before = guard_.save();
  guard_.learn(errand.request, reply, home(), now);
  tell_of_quarantines(now);
  if (guard_.save() != before) save(now);
  return guard_.answer(errand, reply, home());
}

void Witness::tell_of_quarantines(Timestamp now) {
  for (const auto& quarantine : guard_.take_automatic()) {
    const auto& incident = quarantine.at("incident");
    const auto explained = incident.is_string()
                               ? pipeline_.explain(incident.get_ref<const std::string&>(), language_)
                               : std::nullopt;
    const auto alert = bell_.consider(quarantine, explained.value_or(nullptr), now);
    if (!alert) continue;
    untold_.push_back({now, *alert});
    keep_alerts();
    rings_ = true;
  }
}

}  // namespace gatewitness::control
