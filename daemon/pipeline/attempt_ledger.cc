// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/attempt_ledger.h"

#include <algorithm>
#include <utility>

namespace gatewitness {

KnownAttempt& AttemptLedger::know(const AttemptKey& key, bool& is_new) {
  const auto found = known_.find(key);
  is_new = found == known_.end();
  if (!is_new) return found->second;
  // Keys grow with time within a probe's epoch, so the first is about the oldest.
  if (known_.size() >= kMaxKnown) known_.erase(known_.begin());
  KnownAttempt& entry = known_[key];
  entry.number = next_number_++;
  entry.evidence_key = key;
  return entry;
}

void AttemptLedger::note_tuple(const FiveTuple& tuple, Timestamp time, const AttemptKey& key) {
  const auto [entry, is_new] = tuples_.try_emplace(tuple);
  if (!is_new) tuple_order_.erase(entry->second.place);
  entry->second = {time, key, tuple_order_.insert(tuple_order_.end(), entry)};
  if (tuples_.size() <= kMaxTuples) return;
  tuples_.erase(tuple_order_.front());
  tuple_order_.pop_front();
}

std::optional<AttemptKey> AttemptLedger::by_tuple(const FiveTuple& tuple, Timestamp time,
                                                  Duration within) const {
  const auto found = tuples_.find(tuple);
  if (found == tuples_.end()) return std::nullopt;
  const Duration distance = found->second.time > time ? found->second.time - time : time - found->second.time;
  return distance <= within ? std::optional(found->second.key) : std::nullopt;
}

void AttemptLedger::remember(const AttemptEvidence& evidence) {
  const auto known = std::find_if(recent_.rbegin(), recent_.rend(),
                                  [&](const AttemptEvidence& have) { return have.key == evidence.key; });
  if (known != recent_.rend()) {
    *known = evidence;
    return;
  }
  if (recent_.size() >= kMaxRecent) recent_.pop_front();
  recent_.push_back(evidence);
}

const AttemptEvidence* AttemptLedger::newest_of(const DeviceId& device) const {
  const auto found = std::find_if(recent_.rbegin(), recent_.rend(),
                                  [&](const AttemptEvidence& have) { return have.device == device; });
  return found == recent_.rend() ? nullptr : &*found;
}

void AttemptLedger::put_back(std::map<AttemptKey, KnownAttempt> known, std::deque<AttemptEvidence> recent,
                             uint64_t next_number) {
  known_ = std::move(known);
  recent_ = std::move(recent);
  next_number_ = next_number;
  for (const auto& evidence : recent_)
    note_tuple(evidence.attempt.flow, evidence.attempt.started, evidence.key);
}

}  // namespace gatewitness
