// SPDX-License-Identifier: Apache-2.0
//
// The live flows by five-tuple of either direction, with a cap: the least recently active flow makes room.
// Owned by the dissector.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>

#include "probes/dissect/flow.h"

namespace gatewitness::dissect {

class FlowTable {
 public:
  explicit FlowTable(std::size_t limit) : limit_(limit) {}

  // Null if no such flow lives. A found flow counts as active now.
  Flow* find(const FiveTuple& either_direction);
  // The same without counting as activity.
  Flow* peek(const FiveTuple& either_direction);
  bool contains(const FiveTuple& either_direction) const {
    return index_.contains(canonical(either_direction));
  }
  // There is room: call make_room first. The tuple must not be in the table.
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
  std::unordered_map<FiveTuple, std::list<Flow>::iterator> index_;
};

}  // namespace gatewitness::dissect
