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

  // A later event of the same entry replaces the earlier one, but keeps its start. What is known of the entry
  // now.
  wire::Binding learn(const wire::Binding& binding);
  // Whether learn() would take it for a later event of an entry that it knows.
  bool knows(const wire::Binding& event) const;
  // What is known by now of an entry that learn() returned.
  wire::Binding newest(const wire::Binding& entry) const;
  // The binding that the attempt left through: of its tuple, begun within the tolerance; rather one whose
  // fate was the attempt's than the nearest in time. A server in TIME-WAIT answers a reused port with an old
  // ACK, the client resets and repeats its SYN, and the kernel may translate the repeated one to another
  // port: two entries of one tuple within a millisecond, of which one carried the mail.
  const wire::Binding* find(const wire::Attempt& attempt, Duration tolerance) const;

  std::size_t size() const { return order_.size(); }
  uint64_t evicted() const { return evicted_; }
  // Calls f(const wire::Binding&) for each, the oldest first.
  template <typename F>
  void each(F&& f) const {
    for (const auto& [number, inside] : order_) {
      for (const auto& [n, binding] : by_inside_.at(inside))
        if (n == number) f(binding);
    }
  }

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
