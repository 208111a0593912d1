// SPDX-License-Identifier: Apache-2.0
//
// NAT bindings by their inside tuple, live and recently ended. Bounded: the one that began longest ago goes.
// Owned by the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_set>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness {

class BindingStore {
 public:
  explicit BindingStore(std::size_t limit) : limit_(limit) {}
  BindingStore(BindingStore&&) = default;  // not copied: the index points into the list
  BindingStore& operator=(BindingStore&&) = default;

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

  std::size_t size() const { return entries_.size(); }
  uint64_t evicted() const { return evicted_; }
  // Calls f(const wire::Binding&) for each, the oldest first.
  template <typename F>
  void each(F&& f) const {
    for (const auto& entry : entries_) f(entry.binding);
  }

 private:
  struct Entry {
    uint64_t number = 0;
    wire::Binding binding;
  };
  using Place = std::list<Entry>::iterator;
  // By the inside tuple, which stands in the entry alone.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const FiveTuple& inside) const { return std::hash<FiveTuple>()(inside); }
    std::size_t operator()(Place place) const { return (*this)(place->binding.inside); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const FiveTuple& a, Place b) const { return a == b->binding.inside; }
    bool operator()(Place a, const FiveTuple& b) const { return a->binding.inside == b; }
    bool operator()(Place a, Place b) const { return a->binding.inside == b->binding.inside; }
  };

  static constexpr std::size_t kMaxPerTuple = 8;  // one tuple is used again and again
  // Oldest first.
  std::vector<Place> with(const FiveTuple& inside) const;
  void drop(Place place);

  std::size_t limit_;
  uint64_t evicted_ = 0;
  uint64_t next_ = 0;
  std::list<Entry> entries_;  // oldest first
  std::unordered_multiset<Place, Hash, Equal> by_inside_;
};

}  // namespace gatewitness
