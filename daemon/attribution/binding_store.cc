// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/binding_store.h"

#include <algorithm>
#include <utility>

namespace gatewitness {

namespace {

// conntrack assures an entry when the handshake is complete (nf_conntrack_proto_tcp.c).
bool contradicts(const wire::Binding& binding, const wire::Attempt& attempt) {
  const bool over = binding.ended || binding.tcp_state == "CLOSE";
  return attempt.outcome >= wire::Outcome::kEstablished ? over && !binding.assured : binding.assured;
}

// Of an entry that is known already.
bool is_later_event(const wire::Binding& event, const wire::Binding& known) {
  return known.id == event.id && !known.ended && known.outside == event.outside;
}

}  // namespace

std::vector<BindingStore::Place> BindingStore::with(const FiveTuple& inside) const {
  const auto [begin, end] = by_inside_.equal_range(inside);
  std::vector<Place> places(begin, end);
  std::ranges::sort(places, {}, [](Place place) { return place->number; });
  return places;
}

void BindingStore::drop(Place place) {
  const auto [begin, end] = by_inside_.equal_range(place);
  by_inside_.erase(std::find(begin, end, place));
  entries_.erase(place);
  ++evicted_;
}

wire::Binding BindingStore::learn(const wire::Binding& binding) {
  const auto places = with(binding.inside);
  for (const Place place : places) {
    wire::Binding& known = place->binding;
    if (!is_later_event(binding, known)) continue;
    const Timestamp started = std::min(known.started, binding.started);
    const bool replied = known.replied || binding.replied;
    known = binding;
    known.started = started;
    known.replied = replied;
    return known;
  }
  if (places.size() >= kMaxPerTuple) drop(places.front());
  by_inside_.insert(entries_.insert(entries_.end(), {next_++, binding}));
  if (entries_.size() > limit_) drop(entries_.begin());
  return binding;
}

bool BindingStore::knows(const wire::Binding& event) const {
  const auto [begin, end] = by_inside_.equal_range(event.inside);
  return std::any_of(begin, end, [&](Place place) { return is_later_event(event, place->binding); });
}

wire::Binding BindingStore::newest(const wire::Binding& entry) const {
  for (const Place place : with(entry.inside)) {
    const wire::Binding& known = place->binding;
    if (known.id == entry.id && known.outside == entry.outside && known.started == entry.started)
      return known;
  }
  return entry;
}

const wire::Binding* BindingStore::find(const wire::Attempt& attempt, Duration tolerance) const {
  const wire::Binding* best = nullptr;
  std::pair<bool, Duration> least;
  for (const Place place : with(attempt.flow)) {
    const wire::Binding& binding = place->binding;
    // One that was there before the probe began at an unknown time.
    const bool covers = binding.from_dump && binding.started >= attempt.started;
    const Duration apart =
        covers ? Duration(0) : Duration(std::abs((binding.started - attempt.started).count()));
    const std::pair doubt(contradicts(binding, attempt), apart);
    if (apart > tolerance || (best != nullptr && doubt > least)) continue;
    best = &binding;
    least = doubt;
  }
  return best;
}

}  // namespace gatewitness
