// SPDX-License-Identifier: Apache-2.0
//
// One direction of TCP put in order. Each case is a script of segments, acknowledgements and ends; the stream
// that comes out is written as text, with gaps as [7]. Every script runs at several initial sequence numbers,
// also across the wrap-around.
#include "probes/dissect/reassembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect {
namespace {

class TextSink : public StreamSink {
 public:
  void on_bytes(std::span<const uint8_t> bytes) override { text += as_text(bytes); }
  void on_gap(uint64_t bytes) override { text += "[" + std::to_string(bytes) + "]"; }
  std::string text;
};

// A reassembler and its sink, addressed by offset from the first payload byte.
struct Stream {
  explicit Stream(uint32_t isn, ReassemblyLimits limits = {}) : first(isn + 1), reassembler(limits) {}
  uint32_t at(int64_t offset) const { return first + static_cast<uint32_t>(offset); }
  void syn() { reassembler.syn(first - 1); }
  void say(int64_t offset, std::string_view payload, uint32_t missing = 0) {
    reassembler.segment(at(offset), as_bytes(payload), missing, sink);
  }
  void ack(int64_t offset) { reassembler.acknowledged(at(offset), sink); }
  void fin(int64_t offset) { reassembler.fin(at(offset)); }
  void finish() { reassembler.finish(sink); }

  uint32_t first;
  Reassembler reassembler;
  TextSink sink;
};

struct Case {
  std::string_view name;
  std::function<void(Stream&)> script;
  std::string_view want;
  uint64_t lost = 0;
  uint64_t retransmitted = 0;
  uint64_t conflicting = 0;
  uint64_t out_of_window = 0;
};

void check(const Case& one, ReassemblyLimits limits = {}) {
  for (const uint32_t isn : {0U, 1000U, 0x7ffffffaU, 0xfffffffaU, 0xffffffffU}) {
    SCOPED_TRACE(std::string(one.name) + ", ISN " + std::to_string(isn));
    Stream stream(isn, limits);
    one.script(stream);
    const auto& counters = stream.reassembler.counters();
    EXPECT_EQ(stream.sink.text, one.want);
    EXPECT_EQ(counters.lost_bytes, one.lost);
    EXPECT_EQ(counters.retransmitted, one.retransmitted);
    EXPECT_EQ(counters.conflicting, one.conflicting);
    EXPECT_EQ(counters.out_of_window, one.out_of_window);
  }
}

TEST(Reassembler, Order) {
  const Case cases[] = {
      {"in order", [](Stream& s) { s.syn(), s.say(0, "abc"), s.say(3, "def"); }, "abcdef"},
      {"two exchanged", [](Stream& s) { s.syn(), s.say(3, "def"), s.say(0, "abc"); }, "abcdef"},
      {"backwards", [](Stream& s) { s.syn(), s.say(4, "ef"), s.say(2, "cd"), s.say(0, "ab"); }, "abcdef"},
      {"nothing in it", [](Stream& s) { s.syn(), s.say(0, ""), s.say(0, "ab"); }, "ab"},
      {"SYN with data, then the rest", [](Stream& s) { s.syn(), s.say(0, "ab"), s.syn(), s.say(2, "c"); },
       "abc"},
      {"SYN seen late changes nothing", [](Stream& s) { s.say(0, "ab"), s.syn(), s.say(2, "c"); }, "abc"},
  };
  for (const auto& one : cases) check(one);
}

TEST(Reassembler, Repetition) {
  const Case cases[] = {
      {"same segment again", [](Stream& s) { s.syn(), s.say(0, "abc"), s.say(0, "abc"); }, "abc", 0, 1},
      {"again while it waits", [](Stream& s) { s.syn(), s.say(3, "def"), s.say(3, "def"), s.say(0, "abc"); },
       "abcdef", 0, 1},
      {"again with more behind", [](Stream& s) { s.syn(), s.say(0, "abc"), s.say(1, "bcde"); }, "abcde"},
      {"keep-alive: one old byte", [](Stream& s) { s.syn(), s.say(0, "abc"), s.say(2, "?"), s.say(3, "d"); },
       "abcd", 0, 1},
      {"keep-alive before any byte", [](Stream& s) { s.syn(), s.say(-1, "?"), s.say(0, "ab"); }, "ab", 0, 1},
      {"window probe: one new byte", [](Stream& s) { s.syn(), s.say(0, "a"), s.say(1, "b"), s.say(1, "bc"); },
       "abc"},
      {"segments merged by the retransmission",
       [](Stream& s) { s.syn(), s.say(2, "cd"), s.say(6, "gh"), s.say(0, "abcdefgh"); }, "abcdefgh"},
  };
  for (const auto& one : cases) check(one);
}

TEST(Reassembler, FirstCopyWinsAndAnotherIsCounted) {
  const Case cases[] = {
      {"waiting, then another copy",
       [](Stream& s) { s.syn(), s.say(3, "def"), s.say(3, "XYZ"), s.say(0, "abc"); }, "abcdef", 0, 1, 1},
      {"another copy inside what fills the hole",
       [](Stream& s) { s.syn(), s.say(3, "def"), s.say(0, "abcXYZghi"); }, "abcdefghi", 0, 0, 1},
      {"same bytes are no conflict", [](Stream& s) { s.syn(), s.say(3, "def"), s.say(0, "abcdefghi"); },
       "abcdefghi"},
      {"overlaps the front of a waiting one",
       [](Stream& s) { s.syn(), s.say(4, "ef"), s.say(2, "cdXY"), s.say(0, "ab"); }, "abcdef", 0, 0, 1},
      {"overlaps the back of a waiting one",
       [](Stream& s) { s.syn(), s.say(2, "cd"), s.say(3, "Xef"), s.say(0, "ab"); }, "abcdef", 0, 0, 1},
      {"around two waiting ones",
       [](Stream& s) { s.syn(), s.say(2, "c"), s.say(4, "e"), s.say(1, "bXdYf"), s.say(0, "a"); }, "abcdef",
       0, 0, 2},
      {"after it was delivered the first stands",
       [](Stream& s) { s.syn(), s.say(0, "abc"), s.say(0, "XYZ"); }, "abc", 0, 1},
  };
  for (const auto& one : cases) check(one);
}

TEST(Reassembler, Gaps) {
  const Case cases[] = {
      {"acknowledged but not captured", [](Stream& s) { s.syn(), s.say(0, "ab"), s.ack(6), s.say(6, "gh"); },
       "ab[4]gh", 4},
      {"acknowledged past a hole", [](Stream& s) { s.syn(), s.say(3, "def"), s.ack(6), s.say(6, "g"); },
       "[3]defg", 3},
      {"two holes, one acknowledged", [](Stream& s) { s.syn(), s.say(2, "c"), s.say(5, "f"), s.ack(3); },
       "[2]c", 2},
      {"not acknowledged, not captured: at the end",
       [](Stream& s) { s.syn(), s.say(0, "ab"), s.say(5, "f"), s.finish(); }, "ab[3]f", 3},
      {"missing before the FIN", [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin(5), s.finish(); }, "ab[3]",
       3},
      {"nothing missing before the FIN", [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin(2), s.finish(); },
       "ab"},
      {"snap length", [](Stream& s) { s.syn(), s.say(0, "ab", 3), s.say(5, "f"); }, "ab[3]f", 3},
      {"snap length cut it all", [](Stream& s) { s.syn(), s.say(0, "", 5), s.say(5, "f"); }, "[5]f", 5},
      {"snap length, retransmitted",
       [](Stream& s) { s.syn(), s.say(0, "ab", 3), s.say(0, "ab", 3), s.say(5, "f"); }, "ab[3]f", 3, 1},
      {"snap length, waiting",
       [](Stream& s) { s.syn(), s.say(2, "c", 2), s.say(0, "ab"), s.say(5, "f"), s.ack(6); }, "abc[2]f", 2},
      {"snap length hides what waits already", [](Stream& s) { s.syn(), s.say(3, "de"), s.say(0, "ab", 6); },
       "ab[1]de[3]", 4},
      {"an old acknowledgement", [](Stream& s) { s.syn(), s.say(0, "abc"), s.ack(1), s.ack(3); }, "abc"},
      {"acknowledgement before the stream began", [](Stream& s) { s.ack(7), s.say(0, "ab"); }, "ab"},
  };
  for (const auto& one : cases) check(one);
}

TEST(Reassembler, NumberOfTheFinIsNoByte) {
  const Case cases[] = {
      {"FIN acknowledged", [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin(2), s.ack(3), s.finish(); }, "ab"},
      {"FIN acknowledged, a byte lost before",
       [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin(3), s.ack(4), s.finish(); }, "ab[1]", 1},
      {"FIN not captured, acknowledged", [](Stream& s) { s.syn(), s.say(0, "ab"), s.ack(3), s.finish(); },
       "ab"},
      {"it was a byte after all",
       [](Stream& s) { s.syn(), s.say(0, "ab"), s.ack(3), s.say(3, "d"), s.ack(4); }, "ab[1]d", 1},
      {"FIN of a stream without bytes", [](Stream& s) { s.syn(), s.fin(0), s.ack(1), s.finish(); }, ""},
      {"data after the FIN is read on",
       [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin(2), s.say(2, "cd"), s.finish(); }, "abcd"},
      {"a FIN of long ago", [](Stream& s) { s.syn(), s.say(0, "abc"), s.fin(1), s.say(3, "d"), s.finish(); },
       "abcd"},
      {"only the first FIN counts",
       [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin(2), s.fin(500), s.finish(); }, "ab"},
  };
  for (const auto& one : cases) check(one);
}

// An acknowledgement may be captured before what it acknowledges, or be a lie; what comes then is read all
// the same.
TEST(Reassembler, BytesThatComeAfterTheirGap) {
  const Case cases[] = {
      {"acknowledged first",
       [](Stream& s) { s.syn(), s.say(0, "ab"), s.ack(5), s.say(2, "cde"), s.say(5, "f"); }, "ab[3]cdef"},
      {"part of them", [](Stream& s) { s.syn(), s.ack(6), s.say(2, "cd"), s.ack(6), s.say(6, "g"); },
       "[6]cd[2]g", 4},
      {"a lie about a gigabyte",
       [](Stream& s) { s.syn(), s.say(0, "220 mx "), s.ack(1 << 30), s.say(7, "ESMTP"), s.say(12, "!"); },
       "220 mx [1073741817]ESMTP!"},
      {"too late: others came behind", [](Stream& s) { s.syn(), s.ack(3), s.say(3, "de"), s.say(0, "abc"); },
       "[3]de", 3, 1},
  };
  for (const auto& one : cases) check(one);
}

TEST(Reassembler, MidStreamAndFarAway) {
  const Case cases[] = {
      {"starts where it is first seen", [](Stream& s) { s.say(700, "ab"), s.say(702, "c"); }, "abc"},
      {"what came before is not waited for",
       [](Stream& s) { s.say(700, "ab"), s.say(690, "x"), s.say(702, "c"); }, "abc", 0, 1},
      {"FIN first, then bytes", [](Stream& s) { s.fin(3), s.say(0, "abc"), s.finish(); }, "abc"},
      {"as far as a window reaches", [](Stream& s) { s.syn(), s.say(1 << 30, "x"), s.finish(); },
       "[1073741824]x", 1 << 30},
      {"one past it", [](Stream& s) { s.syn(), s.say((1 << 30) + 1, "x"), s.say(0, "ab"), s.finish(); }, "ab",
       0, 0, 0, 1},
      {"as far behind", [](Stream& s) { s.syn(), s.say(-(1 << 30) - 1, "x"), s.say(0, "ab"), s.finish(); },
       "ab", 0, 0, 0, 1},
      {"a FIN from nowhere", [](Stream& s) { s.syn(), s.say(0, "ab"), s.fin((1 << 30) + 5), s.finish(); },
       "ab"},
      {"an acknowledgement from nowhere", [](Stream& s) { s.syn(), s.say(0, "ab"), s.ack((1 << 30) + 9); },
       "ab"},
  };
  for (const auto& one : cases) check(one);
}

TEST(Reassembler, BufferedSegmentsToTheLimitAndOnePast) {
  const ReassemblyLimits limits{.buffered_bytes = 1000, .buffered_segments = 3};
  const Case cases[] = {
      {"at the limit", [](Stream& s) { s.syn(), s.say(2, "c"), s.say(4, "e"), s.say(6, "g"); }, ""},
      {"filled at the limit",
       [](Stream& s) {
         s.syn(), s.say(1, "b"), s.say(3, "d"), s.say(5, "f"), s.say(0, "a"), s.say(2, "c"), s.say(4, "e");
       },
       "abcdef"},
      {"one past it", [](Stream& s) { s.syn(), s.say(2, "c"), s.say(4, "e"), s.say(6, "g"), s.say(8, "i"); },
       "[2]c", 2},
  };
  for (const auto& one : cases) check(one, limits);
}

TEST(Reassembler, BufferedBytesToTheLimitAndOnePast) {
  const ReassemblyLimits limits{.buffered_bytes = 6, .buffered_segments = 100};
  const Case cases[] = {
      {"at the limit", [](Stream& s) { s.syn(), s.say(2, "cdef"), s.say(8, "ij"); }, ""},
      {"one past it", [](Stream& s) { s.syn(), s.say(2, "cdef"), s.say(8, "ijk"), s.finish(); },
       "[2]cdef[2]ijk", 4},
      {"one segment past it", [](Stream& s) { s.syn(), s.say(2, "cdefghi"); }, "[2]cdefghi", 2},
  };
  for (const auto& one : cases) check(one, limits);
}

TEST(Reassembler, AfterStopOnlyCounts) {
  Stream stream(5);
  stream.syn();
  stream.say(0, "ab");
  stream.say(4, "ef");
  stream.reassembler.stop_buffering();
  EXPECT_EQ(stream.reassembler.buffered_bytes(), 0U);
  stream.say(2, "cdef");
  stream.say(20, "xyz");
  stream.say(23, "end");
  stream.finish();
  EXPECT_EQ(stream.sink.text, "ab");
  EXPECT_EQ(stream.reassembler.counters().bytes, 12U);
  EXPECT_EQ(stream.reassembler.buffered_bytes(), 0U);
}

// Any cutting and any order within the bounds gives the same stream, without a gap.
TEST(Reassembler, RandomCutsAndOrders) {
  std::mt19937 random(1);
  std::string whole;
  for (int i = 0; i < 2000; ++i) whole += static_cast<char>('a' + i % 26);
  for (int round = 0; round < 300; ++round) {
    Stream stream(static_cast<uint32_t>(random()));
    stream.syn();
    std::vector<std::pair<std::size_t, std::size_t>> pieces;
    for (std::size_t at = 0; at < whole.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 200, whole.size() - at);
      const std::size_t again = std::min<std::size_t>(at, random() % 50);
      pieces.emplace_back(at - again, size + again);
      at += size;
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    for (const auto& [at, size] : pieces)
      stream.say(static_cast<int64_t>(at), std::string_view(whole).substr(at, size));
    EXPECT_EQ(stream.sink.text, whole);
    EXPECT_EQ(stream.reassembler.counters().lost_bytes, 0U);
    EXPECT_EQ(stream.reassembler.buffered_bytes(), 0U);
    EXPECT_EQ(stream.reassembler.counters().conflicting, 0U);
  }
}

// What an attacker can make one packet cost does not grow with the number of packets before it.
TEST(Reassembler, OneByteSegmentsBackwardsStayBounded) {
  Stream stream(77);
  stream.syn();
  for (int64_t at = 200'000; at > 0; at -= 2) {
    stream.say(at, "x");
    ASSERT_LE(stream.reassembler.buffered_bytes(), 64U);
  }
  stream.finish();
  const auto& counters = stream.reassembler.counters();
  EXPECT_EQ(counters.segments, 100'000U);
  EXPECT_EQ(counters.bytes + counters.retransmitted, 100'000U);
}

}  // namespace
}  // namespace gatewitness::dissect
