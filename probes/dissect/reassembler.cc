// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/reassembler.h"

#include <algorithm>
#include <iterator>

namespace gatewitness::dissect {
namespace {

// Farther away than any window that a stack advertises (RFC 7323: 2^30): not of this stream.
constexpr int64_t kFarthest = int64_t{1} << 30;
// Positions start here, so that "before the first byte" stays a positive number.
constexpr uint64_t kOrigin = uint64_t{1} << 32;

// A distance on the stream does not fit into a size of 32 bits; the shorter of the two does.
std::size_t at_most(uint64_t distance, std::size_t size) {
  return static_cast<std::size_t>(std::min<uint64_t>(distance, size));
}

}  // namespace

Reassembler::Reassembler(ReassemblyLimits limits) : limits_(limits) {}

void Reassembler::syn(uint32_t sequence) {
  if (started_) return;  // a retransmitted SYN; a new connection gets a new object
  started_ = true;
  next_ = kOrigin + sequence + 1;
}

// Where a 32-bit sequence number lies on the stream: the position nearest to next_ that has these low bits
// (RFC 1982).
int64_t Reassembler::distance(uint32_t sequence) const {
  return static_cast<int32_t>(sequence - static_cast<uint32_t>(next_));
}

void Reassembler::segment(uint32_t sequence, std::span<const uint8_t> payload, uint32_t missing,
                          StreamSink& sink) {
  if (payload.empty() && missing == 0) return;
  ++counters_.segments;
  if (!started_) {
    started_ = true;
    next_ = kOrigin + sequence;
  }
  const int64_t away = distance(sequence);
  if (away > kFarthest || away < -kFarthest) {
    ++counters_.out_of_window;
    return;
  }
  const uint64_t begin = next_ + static_cast<uint64_t>(away);
  const uint64_t end = begin + payload.size() + missing;
  take_back_gap(begin, begin + payload.size());
  if (end <= next_) {
    ++counters_.retransmitted;
    return;
  }
  if (begin > next_) return hold(begin, payload, missing, sink);
  in_order(payload.subspan(at_most(next_ - begin, payload.size())), sink);
  skip_to(end, sink);
}

// Bytes come that were just given up: an acknowledgement was captured before what it acknowledges, or was a
// lie, told to make the witness miss an answer. They are taken, late, behind their gap.
void Reassembler::take_back_gap(uint64_t begin, uint64_t end) {
  if (!tail_gap_ || begin >= next_) return;
  const uint64_t position = std::max(begin, *tail_gap_);
  if (end <= position) return;
  counters_.lost_bytes -= next_ - position;
  next_ = position;
}

// Bytes that begin at next_. Bytes that wait already came first, so they are the ones that count.
void Reassembler::in_order(std::span<const uint8_t> payload, StreamSink& sink) {
  while (!payload.empty()) {
    const uint64_t room = waiting_.empty() ? payload.size() : waiting_.begin()->first - next_;
    const auto piece = payload.first(at_most(room, payload.size()));
    deliver(piece, 0, sink);
    payload = payload.subspan(piece.size());
    if (waiting_.empty() || waiting_.begin()->first != next_) continue;
    payload = payload.subspan(overlap_with(*waiting_.begin(), next_, payload));
    deliver_first_waiting(sink);
  }
}

// Bytes that come next, and then bytes that will never come (cut off by the snap length).
void Reassembler::deliver(std::span<const uint8_t> bytes, uint64_t missing, StreamSink& sink) {
  if (!bytes.empty()) tail_gap_.reset();
  next_ += bytes.size();
  if (missing > 0 && !tail_gap_) tail_gap_ = next_;
  next_ += missing;
  counters_.bytes += bytes.size();
  counters_.lost_bytes += missing;
  if (counting_only_) return;
  if (!bytes.empty()) sink.on_bytes(bytes);
  if (missing > 0) sink.on_gap(missing);
}

void Reassembler::hold(uint64_t begin, std::span<const uint8_t> payload, uint32_t missing, StreamSink& sink) {
  if (counting_only_) {
    // Nobody wants the order any more: what lies between may still come, but is not waited for.
    next_ = begin;
    tail_gap_.reset();
    return deliver(payload, missing, sink);
  }
  if (payload.empty()) return;  // its gap shows when what follows arrives
  const std::size_t before = buffered_bytes_;
  while (!payload.empty()) {
    const auto following = waiting_.upper_bound(begin);
    std::size_t held = 0;  // of payload's front, by the segment before
    if (following != waiting_.begin()) held = overlap_with(*std::prev(following), begin, payload);
    if (held == 0) {
      held = payload.size();
      if (following != waiting_.end()) held = at_most(following->first - begin, held);
      waiting_.emplace_hint(
          following, begin,
          std::vector<uint8_t>(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(held)));
      buffered_bytes_ += held;
    }
    begin += held;
    payload = payload.subspan(held);
  }
  if (buffered_bytes_ == before) ++counters_.retransmitted;
  while (buffered_bytes_ > limits_.buffered_bytes || waiting_.size() > limits_.buffered_segments) {
    skip_to(waiting_.begin()->first, sink);
  }
}

// How many of payload's first bytes the waiting segment holds already. The first copy wins; one that differs
// is counted: that is how somebody would show a witness another dialogue than the server.
std::size_t Reassembler::overlap_with(const Waiting& segment, uint64_t begin,
                                      std::span<const uint8_t> payload) {
  const uint64_t offset = begin - segment.first;
  if (offset >= segment.second.size()) return 0;
  const auto first_copy = std::span(segment.second).subspan(static_cast<std::size_t>(offset));
  const std::size_t count = std::min(first_copy.size(), payload.size());
  if (!std::equal(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(count),
                  first_copy.begin())) {
    ++counters_.conflicting;
  }
  return count;
}

void Reassembler::deliver_first_waiting(StreamSink& sink) {
  const auto node = waiting_.extract(waiting_.begin());
  buffered_bytes_ -= node.mapped().size();
  deliver(node.mapped(), 0, sink);
}

// What is missing before this position is given up; what waits there and behind it in order is handed over.
void Reassembler::skip_to(uint64_t position, StreamSink& sink) {
  for (;;) {
    while (!waiting_.empty() && waiting_.begin()->first == next_) deliver_first_waiting(sink);
    if (next_ >= position) return;
    const uint64_t until = waiting_.empty() ? position : std::min(position, waiting_.begin()->first);
    deliver({}, until - next_, sink);
  }
}

void Reassembler::fin(uint32_t sequence) {
  if (!started_ || end_) return;
  const int64_t away = distance(sequence);
  if (away >= 0 && away <= kFarthest) end_ = next_ + static_cast<uint64_t>(away);
}

void Reassembler::acknowledged(uint32_t acknowledgement, StreamSink& sink) {
  if (!started_) return;
  const int64_t away = distance(acknowledgement);
  if (away <= 0 || away > kFarthest) return;
  // A FIN takes a sequence number of its own, which is no byte. One that was not captured looks like one byte
  // at the end: that shows as a gap when a byte comes after it, not before.
  if (away == 1 && waiting_.empty()) return;
  const uint64_t upto = std::min(next_ + static_cast<uint64_t>(away), end_.value_or(UINT64_MAX));
  // Nor can more be under way than one window: whoever acknowledges on and on wants what follows to look old.
  const uint64_t from = std::min(tail_gap_.value_or(next_), next_);
  if (upto > next_ && upto - from <= static_cast<uint64_t>(kFarthest)) skip_to(upto, sink);
}

void Reassembler::finish(StreamSink& sink) {
  give_up_holes(sink);
  skip_to(end_.value_or(next_), sink);
}

void Reassembler::give_up_holes(StreamSink& sink) {
  if (!waiting_.empty()) skip_to(std::prev(waiting_.end())->first, sink);
}

void Reassembler::stop_buffering() {
  counting_only_ = true;
  waiting_.clear();
  buffered_bytes_ = 0;
}

}  // namespace gatewitness::dissect
