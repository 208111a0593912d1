// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/flow_table.h"

#include <iterator>
#include <utility>

namespace gatewitness::dissect {

FiveTuple FlowTable::canonical(const FiveTuple& tuple) {
  return tuple.source < tuple.destination ? tuple : tuple.reversed();
}

Flow* FlowTable::find(const FiveTuple& either_direction) {
  const auto found = index_.find(canonical(either_direction));
  if (found == index_.end()) return nullptr;
  flows_.splice(flows_.end(), flows_, found->second);
  return &*found->second;
}

Flow& FlowTable::insert(Flow flow) {
  flows_.push_back(std::move(flow));
  index_.emplace(canonical(flows_.back().tuple()), std::prev(flows_.end()));
  return flows_.back();
}

void FlowTable::erase(const Flow& flow) {
  const auto found = index_.find(canonical(flow.tuple()));
  if (found == index_.end()) return;
  const auto place = found->second;
  index_.erase(found);
  flows_.erase(place);
}

}  // namespace gatewitness::dissect
