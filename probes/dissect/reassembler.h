// SPDX-License-Identifier: Apache-2.0
//
// One direction of a TCP flow put back in order (RFC 9293 section 3.10.7.4, RFC 7323 arithmetic): segments
// in, contiguous bytes and explicit gaps out. Owned by a flow, two per flow; bounded: what does not fit is
// turned into a gap and counted, never a guess. The first copy of a byte wins: later overlaps that differ are
// counted, not used.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace gatewitness::dissect {

// Receives the stream of one direction in order.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void on_bytes(std::span<const uint8_t> bytes) = 0;
  // bytes that were lost by the capture, cut by its snap length, or given up at the limit. Those that come
  // late after all are delivered behind their gap.
  virtual void on_gap(uint64_t bytes) = 0;
};

struct ReassemblyLimits {
  std::size_t buffered_bytes = 64 * 1024;  // out-of-order bytes held per direction
  std::size_t buffered_segments = 64;
};

struct ReassemblyCounters {
  uint64_t segments = 0;       // with payload
  uint64_t bytes = 0;          // delivered
  uint64_t lost_bytes = 0;     // delivered as gaps
  uint64_t retransmitted = 0;  // segments with nothing new in them
  uint64_t conflicting = 0;    // waiting bytes that came again and differed; the first copy was kept
  uint64_t out_of_window = 0;  // segments too far away to belong to this stream
};

class Reassembler {
 public:
  explicit Reassembler(ReassemblyLimits limits = {});

  // The direction's SYN: its first payload byte is sequence + 1.
  void syn(uint32_t sequence);
  // One segment with payload (missing: bytes of it that the snap length cut off its end). Without a SYN
  // before, the stream starts here. TCP keep-alive probes (one old byte) count as retransmission.
  void segment(uint32_t sequence, std::span<const uint8_t> payload, uint32_t missing, StreamSink& sink);
  // The direction's FIN, which stands after the byte before this sequence number. Bytes beyond it are read
  // on: a FIN that the server never got would else blind the witness.
  void fin(uint32_t sequence);
  // The other side acknowledged bytes up to here: what is missing below it was received there but not
  // captured, so it is a gap now.
  void acknowledged(uint32_t acknowledgement, StreamSink& sink);
  // Waits no longer: holes are reported, what is buffered is delivered.
  void give_up_holes(StreamSink& sink);
  // The stream ends: the same, and what is missing before the FIN is reported.
  void finish(StreamSink& sink);
  // The dialogue went opaque or is not wanted any more: forget what is buffered, only count from here on.
  void stop_buffering();

  bool started() const { return started_; }
  const ReassemblyCounters& counters() const { return counters_; }
  std::size_t buffered_bytes() const { return buffered_bytes_; }
  std::size_t buffered_segments() const { return waiting_.size(); }

 private:
  using Waiting = std::map<uint64_t, std::vector<uint8_t>>::value_type;

  int64_t distance(uint32_t sequence) const;
  void deliver(std::span<const uint8_t> bytes, uint64_t missing, StreamSink& sink);
  void hold(uint64_t begin, std::span<const uint8_t> payload, uint32_t missing, StreamSink& sink);
  std::size_t overlap_with(const Waiting& segment, uint64_t begin, std::span<const uint8_t> payload);
  void take_back_gap(uint64_t begin, uint64_t end);
  void in_order(std::span<const uint8_t> payload, StreamSink& sink);
  void deliver_first_waiting(StreamSink& sink);
  void skip_to(uint64_t position, StreamSink& sink);

  ReassemblyLimits limits_;
  ReassemblyCounters counters_;
  bool started_ = false;
  bool counting_only_ = false;
  uint64_t next_ = 0;  // stream position of the next byte to deliver; the low 32 bits are TCP's
  std::optional<uint64_t> tail_gap_;  // where the gap began that reaches up to next_, if there is one
  std::optional<uint64_t> end_;       // where the FIN stands
  std::size_t buffered_bytes_ = 0;
  std::map<uint64_t, std::vector<uint8_t>> waiting_;  // beyond next_, without overlaps
};

}  // namespace gatewitness::dissect
