// SPDX-License-Identifier: Apache-2.0
//
// Which attempts are known, so that each is counted once: by the probe's number while it lives, by its
// five-tuple for bindings that look for their frame, and the newest ones in full as evidence for incidents
// that open later. Bounded. Owned by the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>

#include "daemon/attribution/evidence.h"

namespace gatewitness {

struct KnownAttempt {
  uint64_t number = 0;  // unique, from 1
  DeviceId device;
  AttemptKey evidence_key;  // its own, or the one of the binding that was there first
  bool counted = false;     // in the device's figures and the rules
};

class AttemptLedger {
 public:
  static constexpr std::size_t kMaxKnown = 16384;
  static constexpr std::size_t kMaxTuples = 16384;
  static constexpr std::size_t kMaxRecent = 256;

  AttemptLedger() = default;
  AttemptLedger(AttemptLedger&&) = default;  // not copied: tuples and their order point at each other
  AttemptLedger& operator=(AttemptLedger&&) = default;

  // The entry of an attempt; is_new says whether this is its first sighting.
  KnownAttempt& know(const AttemptKey& key, bool& is_new);
  void forget(const AttemptKey& key) { known_.erase(key); }

  // The five-tuple was seen (in a frame, or made into an attempt by its binding) at that time.
  void note_tuple(const FiveTuple& tuple, Timestamp time, const AttemptKey& key);
  // The attempt that used the tuple within that time of then.
  std::optional<AttemptKey> by_tuple(const FiveTuple& tuple, Timestamp time, Duration within) const;

  void remember(const AttemptEvidence& evidence);
  const std::deque<AttemptEvidence>& recent() const { return recent_; }
  const AttemptEvidence* newest_of(const DeviceId& device) const;

  const std::map<AttemptKey, KnownAttempt>& known() const { return known_; }
  uint64_t next_number() const { return next_number_; }
  void put_back(std::map<AttemptKey, KnownAttempt> known, std::deque<AttemptEvidence> recent,
                uint64_t next_number);

 private:
  struct Tuple;
  using Tuples = std::map<FiveTuple, Tuple>;
  using Order = std::list<Tuples::iterator>;  // oldest first
  struct Tuple {
    Timestamp time;
    AttemptKey key;
    Order::iterator place;
  };

  std::map<AttemptKey, KnownAttempt> known_;
  Tuples tuples_;
  Order tuple_order_;
  std::deque<AttemptEvidence> recent_;
  uint64_t next_number_ = 1;
};

}  // namespace gatewitness
