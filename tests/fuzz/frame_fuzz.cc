// SPDX-License-Identifier: Apache-2.0
//
// Frames of every link type, and the fragments among them put together. Input: a byte for the link type, a
// byte for the defragmenter's limit, then frames: a byte of time that passes (seconds, signed), two of
// length, that many bytes. Beside not crashing: every span lies inside the frame, what is cut off a frame
// makes it truncated or shorter and never another, and the defragmenter keeps its bounds.
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>

#include "probes/dissect/bytes.h"
#include "probes/dissect/defragmenter.h"
#include "probes/dissect/frame.h"

using namespace gatewitness;
using namespace gatewitness::dissect;

namespace {

constexpr std::size_t kLinkTypes = 7;
using Span = std::span<const uint8_t>;

void require(bool fact) {
  if (!fact) std::abort();
}

bool inside(Span part, Span whole) {
  if (part.empty()) return true;
  const std::less_equal<const uint8_t*> before;
  return before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size());
}

void check(const Packet& packet, Span frame) {
  require(inside(packet.ip_packet, frame) && inside(packet.ip_payload, packet.ip_packet));
  require(inside(packet.payload, packet.ip_payload));
  if (packet.tcp) require(packet.is_ip && inside(packet.tcp->options, packet.ip_payload));
  require(!packet.arp || !packet.is_ip);
  if (packet.fragment) require(!packet.tcp && packet.source_port == 0 && packet.payload.empty());
  require(packet.vlan <= 0x0fff && packet.fragment_offset % 8 == 0);
}

void check_cut(LinkType link, const Packet& whole, Span frame) {
  const Packet less = decode_frame(link, frame.first(frame.size() - frame.size() / 3));
  check(less, frame);
  if (whole.fault != FrameFault::kNone || less.fault != FrameFault::kNone) return;
  require(less.five_tuple() == whole.five_tuple() && less.fragment == whole.fragment);
  require(less.payload.size() <= whole.payload.size());
}

void check_datagram(const Packet& packet) {
  require(packet.ip_payload.size() <= Defragmenter::kMaxBytes && packet.ip_packet.empty());
  require(inside(packet.payload, packet.ip_payload));
  require(packet.fault != FrameFault::kNone || !packet.fragment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  ByteReader in({data, size});
  const auto link = static_cast<LinkType>(in.u8() % kLinkTypes);
  const std::size_t limit = in.u8() % 8;
  Defragmenter defragmenter(limit);
  Timestamp time{std::chrono::seconds(1'700'000'000)};
  while (in.left() > 3) {
    time += std::chrono::seconds(static_cast<int8_t>(in.u8()));
    const std::size_t length = in.u16();
    const Span bytes = in.take(std::min(length, in.left()));
    // In memory of exactly its size, so that ASan sees a read past its end.
    const auto memory = std::make_unique<uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), memory.get());
    const Span frame(memory.get(), bytes.size());
    const Packet packet = decode_frame(link, frame);
    check(packet, frame);
    check_cut(link, packet, frame);
    check(decode_ip(frame), frame);
    if (packet.fault != FrameFault::kNone || !packet.fragment) continue;
    if (const auto datagram = defragmenter.add(packet, time)) check_datagram(*datagram);
    require(defragmenter.pending() <= limit &&
            defragmenter.pending_bytes() <= Defragmenter::kMaxPendingBytes);
    require(defragmenter.pending() > 0 || defragmenter.pending_bytes() == 0);
  }
  return 0;
}
