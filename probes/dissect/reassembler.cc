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
  if (end <= next_) {
    ++counters_.retransmitted;
    return;
  }
  if (begin > next_) return hold(begin, payload, missing, sink);
  payload = payload.subspan(std::min<std::size_t>(next_ - begin, payload.size()));
  while (!payload.empty()) {
    // Bytes that wait already came first, so they are the ones that count.
    const uint64_t room = waiting_.empty() ? payload.size() : waiting_.begin()->first - next_;
    const auto piece = payload.first(std::min<std::size_t>(room, payload.size()));
    deliver(piece, 0, sink);
    const uint64_t before = next_;
    deliver_waiting(sink);
    payload = payload.subspan(std::min<std::size_t>(piece.size() + (next_ - before), payload.size()));
  }
  if (end > next_) deliver({}, end - next_, sink);
  deliver_waiting(sink);
}

// Bytes that come next, and then bytes that will never come (cut off by the snap length).
void Reassembler::deliver(std::span<const uint8_t> bytes, uint64_t missing, StreamSink& sink) {
  next_ += bytes.size() + missing;
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
    return deliver(payload, missing, sink);
  }
  if (payload.empty()) return;  // its gap shows when what follows arrives
  while (!payload.empty()) {
    const auto following = waiting_.upper_bound(begin);
    std::size_t held = 0;  // of payload's front, by the segment before
    if (following != waiting_.begin()) held = overlap_with(*std::prev(following), begin, payload);
    if (held == 0) {
      held = payload.size();
      if (following != waiting_.end()) held = std::min<std::size_t>(held, following->first - begin);
      waiting_.emplace_hint(
          following, begin,
          std::vector<uint8_t>(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(held)));
      buffered_bytes_ += held;
    }
    begin += held;
    payload = payload.subspan(held);
  }
  while (buffered_bytes_ > limits_.buffered_bytes || waiting_.size() > limits_.buffered_segments) {
    skip_to(waiting_.begin()->first, sink);
    deliver_waiting(sink);
  }
}

// How many of payload's first bytes the waiting segment holds already. The first copy wins; one that differs
// is counted: that is how somebody would show a witness another dialogue than the server.
std::size_t Reassembler::overlap_with(const Waiting& segment, uint64_t begin,
                                      std::span<const uint8_t> payload) {
  const uint64_t offset = begin - segment.first;
  if (offset >= segment.second.size()) return 0;
  const auto first_copy = std::span(segment.second).subspan(offset);
  const std::size_t count = std::min(first_copy.size(), payload.size());
  if (!std::equal(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(count),
                  first_copy.begin())) {
    ++counters_.conflicting;
  }
  return count;
}

// Hands over what is buffered and now in order.
void Reassembler::deliver_waiting(StreamSink& sink) {
  while (!waiting_.empty() && waiting_.begin()->first <= next_) {
    const auto node = waiting_.extract(waiting_.begin());
    const auto& bytes = node.mapped();
    buffered_bytes_ -= bytes.size();
    const uint64_t known = next_ - node.key();
    if (known < bytes.size()) deliver(std::span(bytes).subspan(known), 0, sink);
  }
}

// The bytes before this position are given up.
void Reassembler::skip_to(uint64_t position, StreamSink& sink) {
  if (position > next_) deliver({}, position - next_, sink);
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
  // A FIN takes a sequence number of its own, which is no byte.
  const uint64_t upto = std::min(next_ + static_cast<uint64_t>(away), end_.value_or(UINT64_MAX));
  while (next_ < upto) {
    const bool in_reach = !waiting_.empty() && waiting_.begin()->first < upto;
    skip_to(in_reach ? waiting_.begin()->first : upto, sink);
    deliver_waiting(sink);
  }
}

void Reassembler::finish(StreamSink& sink) {
  while (!waiting_.empty()) {
    skip_to(waiting_.begin()->first, sink);
    deliver_waiting(sink);
  }
}

void Reassembler::stop_buffering() {
  counting_only_ = true;
  waiting_.clear();
  buffered_bytes_ = 0;
}

}  // namespace gatewitness::dissect
