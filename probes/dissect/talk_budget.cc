// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/talk_budget.h"

#include <algorithm>
#include <iterator>

namespace gatewitness::dissect {

TalkBudget::TalkBudget(std::size_t talks, std::size_t buffered_bytes)
    : max_talks_(std::max<std::size_t>(talks, 1)), max_bytes_(buffered_bytes) {}

void TalkBudget::active(Flow& flow) {
  if (!flow.talks()) return;
  const auto [place, is_new] = entries_.try_emplace(flow.id());
  Entry& entry = place->second;
  if (is_new) {
    entry.flow = &flow;
    entry.active = active_.insert(active_.end(), flow.id());
  } else {
    active_.splice(active_.end(), active_, entry.active);
  }
  count(entry, flow.buffered_bytes());
}

void TalkBudget::update(const Flow& flow) {
  const auto found = entries_.find(flow.id());
  if (found != entries_.end()) count(found->second, flow.buffered_bytes());
}

void TalkBudget::forget(const Flow& flow) {
  const auto found = entries_.find(flow.id());
  if (found == entries_.end()) return;
  count(found->second, 0);
  active_.erase(found->second.active);
  entries_.erase(found);
}

void TalkBudget::count(Entry& entry, std::size_t bytes) {
  buffered_bytes_ = buffered_bytes_ - entry.bytes + bytes;
  entry.bytes = bytes;
  if (bytes > 0 && !entry.waiting) entry.waiting = waiting_.insert(waiting_.end(), entry.flow->id());
  if (bytes > 0 || !entry.waiting) return;
  waiting_.erase(*entry.waiting);
  entry.waiting.reset();
}

Flow* TalkBudget::one_too_many() const {
  return entries_.size() > max_talks_ ? entries_.at(active_.front()).flow : nullptr;
}

Flow* TalkBudget::longest_waiting() const {
  return buffered_bytes_ > max_bytes_ ? entries_.at(waiting_.front()).flow : nullptr;
}

}  // namespace gatewitness::dissect
