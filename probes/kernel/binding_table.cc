// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/binding_table.h"

#include <linux/netfilter/nf_conntrack_common.h>

#include <algorithm>
#include <utility>

namespace gatewitness::kernel {
namespace {

// Since Linux 5.6; older headers lack it.
constexpr uint32_t kHardwareOffload = 1U << 15;
constexpr uint32_t kOffload = IPS_OFFLOAD | kHardwareOffload;
constexpr std::string_view kReset = "CLOSE";
// A frame and its conntrack event are stamped by two processes.
constexpr Duration kClockTolerance = std::chrono::seconds(1);

// Takes over what the kernel says now. True: something that is worth telling.
bool absorb(wire::Binding& binding, const ConntrackEntry& entry) {
  bool changed = false;
  const auto raise = [&changed](bool& flag, bool now) {
    changed = changed || (now && !flag);
    flag = flag || now;
  };
  if (entry.status) {
    raise(binding.replied, (*entry.status & IPS_SEEN_REPLY) != 0);
    raise(binding.assured, (*entry.status & IPS_ASSURED) != 0);
    raise(binding.offloaded, (*entry.status & kOffload) != 0);
  }
  if (!entry.tcp_state || *entry.tcp_state == 0) return changed;
  const auto state = tcp_state_name(*entry.tcp_state);
  changed = changed || (state == kReset && binding.tcp_state != kReset);
  binding.tcp_state = state;
  return changed;
}

}  // namespace

BindingTable::BindingTable(const BindingLimits& limits, MailPort mail_port, IsOwn is_own, Emit emit)
    : limits_(limits), mail_port_(std::move(mail_port)), is_own_(std::move(is_own)), emit_(std::move(emit)) {}

void BindingTable::event(ConntrackEvent event, const ConntrackEntry& entry, Timestamp now) {
  const auto known = find_live(entry);
  if (!known) return add(event, entry, now);
  Connection& connection = **known;
  connection.generation = generation_;
  const bool changed = absorb(connection.binding, entry);
  if (event == ConntrackEvent::kDestroy) return end(*known, entry.ended.value_or(now));
  if (changed && connection.told) emit(connection, now);
}

std::optional<BindingTable::Place> BindingTable::find_live(const ConntrackEntry& entry) const {
  const auto [begin, end] = by_inside_.equal_range(entry.original);
  for (auto at = begin; at != end; ++at) {
    const Connection& connection = *at->second;
    if (connection.binding.id == entry.id && connection.zone == entry.zone && !connection.binding.ended)
      return at->second;
  }
  return std::nullopt;
}

// Whether a hint that came before says that it is mail; the hint is used up.
bool BindingTable::take_hint(const FiveTuple& flow) {
  const auto hint = std::ranges::find_if(hints_, [&flow](const PendingHint& pending) {
    return pending.flow == flow || pending.flow == flow.reversed();
  });
  const bool hinted = hint != hints_.end();
  if (hinted) hints_.erase(hint);
  return hinted;
}

void BindingTable::add(ConntrackEvent event, const ConntrackEntry& entry, Timestamp now) {
  const bool hinted = take_hint(entry.original);
  const bool tell_it = hinted || mail_port_(entry.original.destination.port);
  if (!tell_it && event == ConntrackEvent::kDestroy) return;
  // What a dump finds must not drive out what is fresh: a hint for it will ask for the next dump.
  if (!tell_it && event == ConntrackEvent::kDump && waiting() >= limits_.waiting) {
    ++counters_.waiting_evicted;
    return;
  }
  // There are more than are followed: after the first dump those that are not known were told and given up.
  // Told again they would drive out others, which the next dump would find.
  const bool is_review = event == ConntrackEvent::kDump && generation_ > 1;
  if (is_review && !hinted && tell_it && told_.size() >= limits_.told) return;
  // One tuple lives once in a zone: the end of an older one was missed.
  const auto [begin, end_of_range] = by_inside_.equal_range(entry.original);
  std::optional<Place> older;
  for (auto at = begin; at != end_of_range; ++at)
    if (at->second->zone == entry.zone && !at->second->binding.ended) older = at->second;
  if (older) end(*older, now);

  Connection connection;
  connection.zone = entry.zone;
  connection.generation = generation_;
  connection.binding = {.id = entry.id,
                        .inside = entry.original,
                        .outside = entry.reply.reversed(),
                        .started = entry.started.value_or(now),
                        .ended = std::nullopt,
                        .from_dump = event != ConntrackEvent::kNew && !entry.started,
                        .gateway_origin = is_own_(entry.original.source.address),
                        .replied = false,
                        .assured = false,
                        .offloaded = false,
                        .tcp_state = {}};
  absorb(connection.binding, entry);
  const Place place = waiting_.insert(waiting_.end(), std::move(connection));
  by_inside_.emplace(entry.original, place);
  if (event == ConntrackEvent::kDestroy) {
    // Told once, as what it was: begun and ended unseen.
    place->told = true;
    told_.splice(told_.end(), waiting_, place);
    end(place, entry.ended.value_or(now));
  } else if (tell_it) {
    tell(place, now);
  }
  make_room();
}

void BindingTable::end(Place place, Timestamp when) {
  Connections& from = live_list(*place);
  place->binding.ended = std::max(when, place->binding.started);
  if (place->told) emit(*place, when);
  ended_.splice(ended_.end(), from, place);
  make_room();
}

void BindingTable::tell(Place place, Timestamp now) {
  place->told = true;
  if (!place->binding.ended) told_.splice(told_.end(), waiting_, place);
  emit(*place, now);
}

void BindingTable::emit(const Connection& connection, Timestamp time) {
  ++counters_.told;
  emit_(time, connection.binding);
}

std::optional<BindingTable::Place> BindingTable::find_hinted(const FiveTuple& flow, Timestamp started) const {
  std::optional<Place> best;
  for (const auto& tuple : {flow, flow.reversed()}) {
    const auto [begin, end] = by_inside_.equal_range(tuple);
    for (auto at = begin; at != end; ++at) {
      const wire::Binding& binding = at->second->binding;
      if (binding.ended && *binding.ended + kClockTolerance < started) continue;
      const bool later = !best || (*best)->binding.started < binding.started;
      const bool alive = best && (*best)->binding.ended && !binding.ended;
      if (later || alive) best = at->second;
    }
  }
  return best;
}

bool BindingTable::hint(const FiveTuple& flow, Timestamp started, Timestamp now) {
  if (flow.protocol != kProtocolTcp) return true;
  ++counters_.hints;
  if (const auto known = find_hinted(flow, started)) {
    if (!(*known)->told) tell(*known, now);
    make_room();
    return true;
  }
  std::erase_if(hints_, [&flow](const PendingHint& pending) { return pending.flow == flow; });
  hints_.push_back({flow, now + limits_.hint_life});
  if (hints_.size() > limits_.hints) {
    hints_.pop_front();
    ++counters_.hints_unanswered;
  }
  return false;
}

void BindingTable::tick(Timestamp now) {
  while (!hints_.empty() && hints_.front().until <= now) {
    hints_.pop_front();
    ++counters_.hints_unanswered;
  }
}

void BindingTable::end_dump(Timestamp now) {
  for (Connections* list : {&told_, &waiting_}) {
    for (auto at = list->begin(); at != list->end();) {
      const Place place = at++;
      if (place->generation < generation_) end(place, now);
    }
  }
}

void BindingTable::make_room() {
  while (told_.size() > limits_.told) {
    ++counters_.told_evicted;
    forget(told_, told_.begin());
  }
  while (waiting() > limits_.waiting) {
    Connections& from = ended_.empty() ? waiting_ : ended_;
    if (!from.front().told) ++counters_.waiting_evicted;
    forget(from, from.begin());
  }
}

void BindingTable::forget(Connections& list, Place place) {
  auto [at, end] = by_inside_.equal_range(place->binding.inside);
  while (at != end && at->second != place) ++at;
  if (at != end) by_inside_.erase(at);
  list.erase(place);
}

}  // namespace gatewitness::kernel
