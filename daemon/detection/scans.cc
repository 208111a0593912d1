// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/scans.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

constexpr Duration kRetell = std::chrono::minutes(1);

// Bits for the mail ports; all others, which the witness sees only where they speak SMTP, share one.
uint32_t bit_of(uint16_t port) {
  switch (port) {
    case 25:
      return 1;
    case 465:
      return 2;
    case 587:
      return 4;
    case 2525:
      return 8;
    default:
      return 16;
  }
}

}  // namespace

std::optional<Verdict> Scans::note(const DeviceId& device, const wire::Attempt& attempt, Timestamp when) {
  if (!options_.enabled) return std::nullopt;
  State& state = devices_[device];
  const uint64_t key = key_of(Prefix(attempt.flow.destination.address, 128));
  std::erase_if(state.hosts, [&](const Host& host) { return host.when <= when - kWindow; });
  auto found =
      std::find_if(state.hosts.begin(), state.hosts.end(), [&](const Host& h) { return h.key == key; });
  if (found == state.hosts.end()) {
    if (state.hosts.size() >= kMaxHosts) state.hosts.erase(state.hosts.begin());
    state.hosts.push_back({key, 0, when});
    found = state.hosts.end() - 1;
  }
  found->ports |= bit_of(attempt.flow.destination.port);
  found->when = std::max(found->when, when);
  ++state.connections;
  const uint32_t hosts = scanned(state, when);
  if (hosts < options_.hosts) return std::nullopt;
  if (state.told != Timestamp{} && when - state.told < kRetell) return std::nullopt;
  if (state.told == Timestamp{} || when - state.told > kWindow) state.connections = hosts * options_.ports;
  state.told = when;
  Verdict verdict;
  verdict.rule = RuleId::kScan;
  verdict.device = device;
  verdict.kind = Kind::kScan;
  verdict.severity = Severity::kNotice;
  verdict.time = attempt.started;
  verdict.count = state.connections;
  verdict.limit = options_.hosts;
  verdict.destinations = hosts;
  verdict.window = kWindow;
  return verdict;
}

uint32_t Scans::scanned(const State& state, Timestamp when) const {
  if (state.mail != Timestamp{} && when - state.mail < kWindow) return 0;
  return static_cast<uint32_t>(std::count_if(state.hosts.begin(), state.hosts.end(), [&](const Host& host) {
    return host.when > when - kWindow && static_cast<uint32_t>(std::popcount(host.ports)) >= options_.ports;
  }));
}

void Scans::saw_mail(const DeviceId& device, Timestamp when) {
  const auto found = devices_.find(device);
  if (found != devices_.end()) found->second.mail = std::max(found->second.mail, when);
}

bool Scans::is_scanning(const DeviceId& device, Timestamp when) const {
  const auto found = devices_.find(device);
  return found != devices_.end() && scanned(found->second, when) >= options_.hosts;
}

nlohmann::json Scans::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [device, state] : devices_) {
    auto hosts = nlohmann::json::array();
    for (const Host& host : state.hosts) hosts.push_back({host.key, host.ports, ticks(host.when)});
    out.push_back(
        {to_string(device), std::move(hosts), ticks(state.mail), ticks(state.told), state.connections});
  }
  return out;
}

void Scans::restore(const nlohmann::json& saved) {
  for (const auto& item : saved) {
    State state;
    for (const auto& host : item.at(1)) {
      if (state.hosts.size() < kMaxHosts)
        state.hosts.push_back(
            {whole<uint64_t>(host.at(0)), whole<uint32_t>(host.at(1)), time_of(host.at(2))});
    }
    state.mail = time_of(item.at(2));
    state.told = time_of(item.at(3));
    state.connections = whole<uint32_t>(item.at(4));
    devices_[device_of(item.at(0))] = std::move(state);
  }
}

}  // namespace gatewitness
