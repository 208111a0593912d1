// SPDX-License-Identifier: Apache-2.0
//
// Both directions of a TCP flow put in order and read as a dialogue. Input: a byte of flags (bit 0: hostile),
// the two initial sequence numbers, then turns: a byte for the kind, a byte for the length, that many bytes.
// In the quiet half nothing is lost: what was said must not depend on how it was cut into segments, sent
// twice or exchanged. In the hostile half sequence numbers, acknowledgements and ends are the input's: never
// more comes out than went in, and the buffers keep their bounds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "probes/dissect/bytes.h"
#include "probes/dissect/reassembler.h"
#include "probes/dissect/smtp_session.h"
#include "tests/fuzz/dialogue_checks.h"

using namespace gatewitness;
using namespace gatewitness::dissect;
using fuzz::require;
using Span = std::span<const uint8_t>;

namespace {

// One direction: its order, its way to the session, and what came out.
struct Side : StreamSink {
  Side(SmtpSession& to, bool is_server, ReassemblyLimits limits)
      : session(to), server(is_server), bounds(limits), reassembler(limits) {}
  void on_bytes(Span bytes) override {
    text += as_text(bytes);
    server ? session.server_bytes(bytes) : session.client_bytes(bytes);
  }
  void on_gap(uint64_t bytes) override { server ? session.server_gap(bytes) : session.client_gap(bytes); }
  void check() const {
    const auto& counters = reassembler.counters();
    require(text.size() <= sent && counters.bytes <= sent);
    require(reassembler.buffered_bytes() <= bounds.buffered_bytes);
    require(reassembler.buffered_segments() <= bounds.buffered_segments);
  }

  SmtpSession& session;
  bool server;
  ReassemblyLimits bounds;
  Reassembler reassembler;
  std::string text;
  uint64_t sent = 0;   // payload bytes, each time they were sent
  uint32_t first = 0;  // sequence number of the first byte
  uint32_t next = 0;   // of the next one in order
};

struct Talk {
  Talk(uint32_t client_isn, uint32_t server_isn, ReassemblyLimits limits = {})
      : client(session, false, limits), server(session, true, limits) {
    begin(client, client_isn);
    begin(server, server_isn);
  }
  static void begin(Side& side, uint32_t isn) {
    side.reassembler.syn(isn);
    side.first = side.next = isn + 1;
  }
  void finish() {
    client.reassembler.finish(client);
    server.reassembler.finish(server);
    session.finish();
  }
  SmtpSession session{HashKey{}, false};
  Side client, server;
};

void segment(Side& side, uint32_t sequence, Span bytes, uint32_t missing = 0) {
  side.sent += bytes.size();
  side.reassembler.segment(sequence, bytes, missing, side);
  side.check();
}

// One turn in pieces that overlap, in an order that the kind chooses, and some of them twice.
void say_in_pieces(Side& side, Span bytes, uint8_t kind) {
  const std::size_t step = 4 + (kind >> 1U) % 16;
  const std::size_t back = (kind & 0x20U) != 0 ? 3 : 0;
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const std::size_t from = at - std::min(at, back);
    pieces.emplace_back(from, std::min(at + step, bytes.size()) - from);
  }
  if ((kind & 0x40U) != 0) std::reverse(pieces.begin(), pieces.end());
  if ((kind & 0x80U) != 0)
    for (std::size_t i = 0; i + 1 < pieces.size(); i += 2) std::swap(pieces[i], pieces[i + 1]);
  for (const auto& [at, size] : pieces) {
    segment(side, side.next + static_cast<uint32_t>(at), bytes.subspan(at, size));
    if ((kind & 0x10U) != 0) segment(side, side.next + static_cast<uint32_t>(at), bytes.subspan(at, size));
  }
}

void quiet(ByteReader in) {
  const uint32_t client_isn = in.u32(), server_isn = in.u32();
  Talk whole(client_isn, server_isn), pieces(client_isn, server_isn);
  while (in.left() > 2) {
    const uint8_t kind = in.u8();
    const std::size_t length = in.u8();
    const Span bytes = in.take(std::min(length, in.left()));
    const bool from_server = (kind & 1U) != 0;
    Side& a = from_server ? whole.server : whole.client;
    Side& b = from_server ? pieces.server : pieces.client;
    segment(a, a.next, bytes);
    say_in_pieces(b, bytes, kind);
    a.next += static_cast<uint32_t>(bytes.size());
    b.next = a.next;
    for (Talk* talk : {&whole, &pieces}) {
      Side& side = from_server ? talk->server : talk->client;
      side.reassembler.acknowledged(side.next, side);
      require(side.reassembler.buffered_bytes() == 0 && side.reassembler.counters().lost_bytes == 0);
    }
    require(a.text == b.text);
  }
  whole.finish();
  pieces.finish();
  fuzz::check_caps(whole.session.dialogue());
  fuzz::check_same(whole.session.dialogue(), pieces.session.dialogue());
  require(whole.session.is_mail() == pieces.session.is_mail());
  require(whole.session.at_least() == pieces.session.at_least());
}

void hostile(ByteReader in) {
  Talk talk(in.u32(), in.u32(), {.buffered_bytes = 256, .buffered_segments = 8});
  while (in.left() > 2) {
    const uint8_t kind = in.u8();
    Side& side = (kind & 1U) != 0 ? talk.server : talk.client;
    // Nearby, where most of the decisions are, or anywhere.
    const uint32_t number =
        (kind & 0x80U) != 0 ? in.u32() : side.next + static_cast<uint32_t>(static_cast<int8_t>(in.u8()));
    switch (kind >> 1U & 7U) {
      case 0:
        side.reassembler.acknowledged(number, side);
        break;
      case 1:
        side.reassembler.fin(number);
        break;
      case 2:
        side.reassembler.give_up_holes(side);
        break;
      case 3:
        side.reassembler.syn(number);
        break;
      case 4:
        if ((kind & 0x40U) != 0) side.reassembler.stop_buffering();
        break;
      default: {
        const std::size_t length = in.u8();
        const Span bytes = in.take(std::min(length, in.left()));
        segment(side, number, bytes, (kind & 0x40U) != 0 ? in.u8() : 0);
        if ((kind & 0x20U) != 0) side.next = number + static_cast<uint32_t>(bytes.size());
      }
    }
    side.check();
  }
  talk.finish();
  talk.client.check();
  talk.server.check();
  fuzz::check_caps(talk.session.dialogue());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  ByteReader in({data, size});
  const uint8_t flags = in.u8();
  (flags & 1U) != 0 ? hostile(in) : quiet(in);
  return 0;
}
