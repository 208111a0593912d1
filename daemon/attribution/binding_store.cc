// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/binding_store.h"

#include <algorithm>

namespace gatewitness {

void BindingStore::learn(const wire::Binding& binding) {
  auto& list = by_inside_[binding.inside];
  for (auto& [number, known] : list) {
    if (known.id != binding.id || known.ended || known.outside != binding.outside) continue;
    const Timestamp started = std::min(known.started, binding.started);
    const bool replied = known.replied || binding.replied;
    known = binding;
    known.started = started;
    known.replied = replied;
    return;
  }
  if (list.size() >= kMaxPerTuple) {
    order_.erase(list.front().first);
    list.erase(list.begin());
    ++evicted_;
  }
  order_.emplace(next_, binding.inside);
  list.emplace_back(next_++, binding);
  make_room();
}

void BindingStore::make_room() {
  if (order_.size() <= limit_) return;
  const auto oldest = order_.begin();
  const auto found = by_inside_.find(oldest->second);
  std::erase_if(found->second, [&](const auto& entry) { return entry.first == oldest->first; });
  if (found->second.empty()) by_inside_.erase(found);
  order_.erase(oldest);
  ++evicted_;
}

const wire::Binding* BindingStore::find(const FiveTuple& inside, Timestamp time, Duration tolerance) const {
  const auto found = by_inside_.find(inside);
  if (found == by_inside_.end()) return nullptr;
  const wire::Binding* best = nullptr;
  Duration best_distance = tolerance;
  for (const auto& [number, binding] : found->second) {
    // One that was there before the probe began at an unknown time.
    const bool covers = binding.from_dump && binding.started >= time;
    const Duration distance = covers ? Duration(0) : Duration(std::abs((binding.started - time).count()));
    if (distance > best_distance) continue;
    best = &binding;
    best_distance = distance;
  }
  return best;
}

std::vector<wire::Binding> BindingStore::all() const {
  std::vector<wire::Binding> out;
  for (const auto& [number, inside] : order_) {
    for (const auto& [n, binding] : by_inside_.at(inside)) {
      if (n == number) out.push_back(binding);
    }
  }
  return out;
}

}  // namespace gatewitness
