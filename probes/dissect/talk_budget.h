// SPDX-License-Identifier: Apache-2.0
//
// What flows with payload may cost together: so many that talk, so many bytes that wait for others before
// them. One flow alone is bounded by its parts; a device that opens thousands of them is bounded here. Owned
// by the dissector, which evicts or unburdens the flows that are named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "probes/dissect/flow.h"

namespace gatewitness::dissect {

class TalkBudget {
 public:
  TalkBudget(std::size_t talks, std::size_t buffered_bytes);

  // After each packet of a flow. The flow must keep its address until it is forgotten.
  void active(Flow& flow);
  // After something else changed what the flow holds.
  void update(const Flow& flow);
  void forget(const Flow& flow);

  // The least recently active flow that talks, if there are too many. Never the one that was active last.
  Flow* one_too_many() const;
  // The flow that has waited longest for missing bytes, if too many bytes wait.
  Flow* longest_waiting() const;
  std::size_t talking() const { return entries_.size(); }
  std::size_t buffered_bytes() const { return buffered_bytes_; }

 private:
  struct Entry {
    Flow* flow = nullptr;
    std::size_t bytes = 0;
    std::list<uint64_t>::iterator active;
    std::optional<std::list<uint64_t>::iterator> waiting;
  };
  void count(Entry& entry, std::size_t bytes);

  std::size_t max_talks_;
  std::size_t max_bytes_;
  std::size_t buffered_bytes_ = 0;
  std::unordered_map<uint64_t, Entry> entries_;  // by flow id, which is ours
  std::list<uint64_t> active_;                   // least recently active first
  std::list<uint64_t> waiting_;                  // longest waiting first
};

}  // namespace gatewitness::dissect
