// SPDX-License-Identifier: Apache-2.0
//
// NAT bindings by their inside tuple, live and recently ended. Bounded: the one that began longest ago goes.
// Owned by the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness {

class BindingStore {
 public:
  explicit BindingStore(std::size_t limit) : limit_(limit) {}

  // A later event of the same entry replaces the earlier one, but keeps its start.
  void learn(const wire::Binding& binding);
  // The binding of this inside tuple that began nearest to the time, within the tolerance.
  const wire::Binding* find(const FiveTuple& inside, Timestamp time, Duration tolerance) const;

  std::size_t size() const { return order_.size(); }
  uint64_t evicted() const { return evicted_; }
  std::vector<wire::Binding> all() const;

 private:
  // One tuple is used again and again: a short list, oldest first.
  static constexpr std::size_t kMaxPerTuple = 8;
  void make_room();

  std::size_t limit_;
  uint64_t evicted_ = 0;
  uint64_t next_ = 0;
  std::unordered_map<FiveTuple, std::vector<std::pair<uint64_t, wire::Binding>>> by_inside_;
  std::map<uint64_t, FiveTuple> order_;
};

}  // namespace gatewitness
