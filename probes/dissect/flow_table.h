// SPDX-License-Identifier: Apache-2.0
//
// The live flows by five-tuple of either direction, with a cap: the least recently active flow makes room.
// Owned by the dissector.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>

#include "probes/dissect/flow.h"
#include "probes/dissect/keyed_hash.h"

namespace gatewitness::dissect {

class FlowTable {
 public:
  // key: of the table's hash function.
  explicit FlowTable(std::size_t limit, const HashKey& key = {})
      : limit_(limit == 0 ? 1 : limit), index_(0, KeyedHash(key)) {}

  // Null if no such flow lives. A found flow counts as active now.
  Flow* find(const FiveTuple& either_direction);
  bool contains(const FiveTuple& either_direction) const {
    return index_.contains(canonical(either_direction));
  }
  // Only while the table is not full, and of a tuple that is not in it. The flow keeps its address until it
  // is erased.
  Flow& insert(Flow flow);
  bool full() const { return flows_.size() >= limit_; }
  Flow& least_recent() { return flows_.front(); }
  void erase(const Flow& flow);
  std::size_t size() const { return flows_.size(); }
  // By time of last activity, oldest first.
  std::list<Flow>& flows() { return flows_; }

 private:
  static FiveTuple canonical(const FiveTuple& tuple);

  std::size_t limit_;
  std::list<Flow> flows_;
  std::unordered_map<FiveTuple, std::list<Flow>::iterator, KeyedHash> index_;
};

}  // namespace gatewitness::dissect
