// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/binding_store.h"

#include <algorithm>

namespace gatewitness {

namespace {

// conntrack assures an entry when the handshake is complete (nf_conntrack_proto_tcp.c).
bool contradicts(const wire::Binding& binding, const wire::Attempt& attempt) {
  const bool over = binding.ended || binding.tcp_state == "CLOSE";
  return attempt.outcome >= wire::Outcome::kEstablished ? over && !binding.assured : binding.assured;
}

}  // namespace

wire::Binding BindingStore::learn(const wire::Binding& binding) {
  auto& list = by_inside_[binding.inside];
  for (auto& [number, known] : list) {
    if (known.id != binding.id || known.ended || known.outside != binding.outside) continue;
    const Timestamp started = std::min(known.started, binding.started);
    const bool replied = known.replied || binding.replied;
    known = binding;
    known.started = started;
    known.replied = replied;
    return known;
  }
  if (list.size() >= kMaxPerTuple) {
    order_.erase(list.front().first);
    list.erase(list.begin());
    ++evicted_;
  }
  order_.emplace(next_, binding.inside);
  list.emplace_back(next_++, binding);
  make_room();
  return binding;
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

bool BindingStore::knows(const wire::Binding& event) const {
  const auto found = by_inside_.find(event.inside);
  return found != by_inside_.end() && std::ranges::any_of(found->second, [&](const auto& numbered) {
           const wire::Binding& known = numbered.second;
           return known.id == event.id && known.outside == event.outside && !known.ended;
         });
}

wire::Binding BindingStore::newest(const wire::Binding& entry) const {
  const auto found = by_inside_.find(entry.inside);
  if (found == by_inside_.end()) return entry;
  const auto own = std::find_if(found->second.begin(), found->second.end(), [&](const auto& numbered) {
    const wire::Binding& known = numbered.second;
    return known.id == entry.id && known.outside == entry.outside && known.started == entry.started;
  });
  return own == found->second.end() ? entry : own->second;
}

const wire::Binding* BindingStore::find(const wire::Attempt& attempt, Duration tolerance) const {
  const auto found = by_inside_.find(attempt.flow);
  if (found == by_inside_.end()) return nullptr;
  const wire::Binding* best = nullptr;
  std::pair<bool, Duration> least;
  for (const auto& [number, binding] : found->second) {
    // One that was there before the probe began at an unknown time.
    const bool covers = binding.from_dump && binding.started >= attempt.started;
    const Duration apart =
        covers ? Duration(0) : Duration(std::abs((binding.started - attempt.started).count()));
    const std::pair doubt(contradicts(binding, attempt), apart);
    if (apart > tolerance || (best != nullptr && doubt > least)) continue;
    best = &binding;
    least = doubt;
  }
  return best;
}

}  // namespace gatewitness
