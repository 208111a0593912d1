// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/queue_policy.h"

#include <algorithm>

namespace gatewitness::alert {

Admission admit(std::span<const Waiting> waiting, const std::string& incident, uint64_t revision,
                std::optional<uint64_t> sent, std::size_t room) {
  Admission result;
  if (!incident.empty()) {
    result.duplicate = sent && *sent >= revision;
    for (const Waiting& entry : waiting) {
      if (entry.incident != incident) continue;
      if (entry.revision >= revision) result.duplicate = true;
      // What is on its way is not called back.
      if (entry.revision < revision && !entry.in_flight) {
        result.stale.push_back(entry.id);
        result.collapsed += entry.collapsed + 1;
      }
    }
    if (result.duplicate) {
      Admission duplicate;
      duplicate.duplicate = true;
      return duplicate;
    }
  }
  result.admitted = true;
  if (waiting.size() - result.stale.size() < room) return result;
  // The oldest that can wait for somebody to look; the oldest at all, if all are severe.
  for (const bool severe : {false, true}) {
    const auto oldest = std::ranges::find_if(waiting, [&](const Waiting& entry) {
      return entry.severe == severe && !entry.in_flight &&
             std::ranges::find(result.stale, entry.id) == result.stale.end();
    });
    if (oldest == waiting.end()) continue;
    result.overflow = oldest->id;
    break;
  }
  return result;
}

bool wants(const Channel& channel, const Alert& alert) {
  if (!alert.channel.empty() && alert.channel != channel.name) return false;
  return !channel.alarms_only || alert.is_alarm() || alert.reason == "test";
}

std::vector<int64_t> next_of(std::span<const Waiting> waiting, bool quiet, std::size_t most) {
  std::vector<int64_t> next;
  for (const Waiting& entry : waiting) {
    if (next.size() >= most) break;
    if (!quiet || entry.severe) next.push_back(entry.id);
  }
  return next;
}

bool is_grouped(ChannelType type) {
  return type == ChannelType::kNtfy || type == ChannelType::kGotify || type == ChannelType::kWebPush ||
         type == ChannelType::kApprise;
}

}  // namespace gatewitness::alert
