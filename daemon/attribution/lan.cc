// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/lan.h"

#include <algorithm>

namespace gatewitness {

void Lan::learn(const wire::LocalAddress& address) {
  const auto key = std::pair(address.interface, address.address);
  if (address.removed) {
    local_.erase(key);
  } else if (local_.size() < kMaxLocalAddresses || local_.contains(key)) {
    local_[key] = address;
  }
}

void Lan::watched(const std::string& interface) {
  if (watched_.size() < kMaxInterfaces) watched_.insert(interface);
}

bool Lan::is_home(const IpAddress& address) const {
  if (address.is_private()) return true;
  const auto& prefixes = options_.lan_prefixes;
  if (std::any_of(prefixes.begin(), prefixes.end(),
                  [&](const Prefix& prefix) { return prefix.contains(address); })) {
    return true;
  }
  return std::any_of(local_.begin(), local_.end(), [&](const auto& entry) {
    const auto& local = entry.second;
    return watched_.contains(local.interface) && Prefix(local.address, local.prefix_length).contains(address);
  });
}

bool Lan::is_gateway(const IpAddress& address) const {
  return std::any_of(local_.begin(), local_.end(),
                     [&](const auto& entry) { return entry.second.address == address; });
}

bool Lan::is_gateway_mac(const MacAddress& mac) const {
  return !mac.is_zero() && std::any_of(local_.begin(), local_.end(),
                                       [&](const auto& entry) { return entry.second.mac == mac; });
}

Direction Lan::direction(const wire::Attempt& attempt) const {
  const bool from_home = is_home(attempt.flow.source.address);
  const bool to_home =
      is_home(attempt.flow.destination.address) || is_gateway(attempt.flow.destination.address);
  if (from_home && to_home) return Direction::kInternal;
  if (to_home || (!from_home && is_gateway_mac(attempt.client_mac))) return Direction::kInbound;
  return Direction::kOutbound;
}

}  // namespace gatewitness
