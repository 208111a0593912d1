// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/mail_servers.h"

#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr uint32_t kMostNames = 2;  // a server is renamed now and then

bool is_server_port(uint16_t port) {
  return port == 25 || port == 465 || port == 587;
}

bool is_full_name(const std::string& ehlo) {
  return ehlo.find('.') != ehlo.npos && ehlo.front() != '[';
}

}  // namespace

void MailServers::arrive(const DeviceId& device, const wire::Attempt& attempt) {
  if (!attempt.final || !attempt.smtp || !is_server_port(attempt.flow.destination.port)) return;
  const bool under_tls =
      attempt.smtp->tls >= wire::Tls::kStarted && attempt.outcome == wire::Outcome::kClosed;
  if (attempt.smtp->messages_accepted == 0 && !under_tls) return;
  ++devices_[device].accepted;
}

void MailServers::depart(const DeviceId& device, const wire::Attempt& attempt) {
  const auto found = devices_.find(device);
  if (found == devices_.end() || !attempt.smtp || attempt.smtp->ehlo.empty()) return;
  State& state = found->second;
  const uint64_t name = key_of(attempt.smtp->ehlo);
  if (name == state.name) return;
  state.name = name;
  ++state.names;
  state.full_name = state.full_name && is_full_name(attempt.smtp->ehlo);
}

bool MailServers::serves(const DeviceId& device) const {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return false;
  const State& state = found->second;
  return state.accepted > 0 && state.full_name && state.names <= kMostNames;
}

nlohmann::json MailServers::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_)
    out.push_back({to_string(device), state.accepted, state.name, state.names, state.full_name});
  return out;
}

void MailServers::restore(const nlohmann::json& saved) {
  for (const auto& item : saved) {
    devices_[device_of(item.at(0))] = {whole<uint32_t>(item.at(1)), whole<uint64_t>(item.at(2)),
                                       whole<uint32_t>(item.at(3)), item.at(4).get<bool>()};
  }
}

}  // namespace gatewitness
