// SPDX-License-Identifier: Apache-2.0
//
// Fragments in every order, twice, overlapping, too many, too late.
#include "probes/dissect/defragmenter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "probes/dissect/bytes.h"
#include "tests/support/packet_builder.h"

namespace gatewitness::dissect {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::operator+;

const Timestamp kStart = Timestamp(1'700'000'000s);

std::string long_payload() {
  std::string out;
  for (int i = 0; i < 130; ++i) out += static_cast<char>('a' + i % 26);
  return out;
}

// Feeds IP packets and keeps what came out as text.
struct Bench {
  explicit Bench(std::size_t limit = 4) : defragmenter(limit) {}
  // The payload of the datagram that this fragment completed, else "".
  std::string add(const Bytes& packet, Timestamp time = kStart) {
    const Packet fragment = decode_ip(packet);
    EXPECT_TRUE(fragment.fragment);
    const auto whole = defragmenter.add(fragment, time);
    if (!whole) return "";
    fault = whole->fault;
    EXPECT_FALSE(whole->fragment);
    EXPECT_EQ(whole->destination_port, 25);
    return std::string(as_text(whole->payload));
  }
  Defragmenter defragmenter;
  FrameFault fault = FrameFault::kNone;
};

Bytes part(uint16_t offset, std::string_view content, bool more, uint16_t id = 7) {
  test::Ipv4Spec spec;
  spec.id = id;
  spec.fragment_offset = offset;
  spec.more_fragments = more;
  return test::ipv4(spec, test::text(content));
}
std::string bytes(std::size_t count, char fill = 'x') {
  return std::string(count, fill);
}

TEST(Defragmenter, EveryOrderOfBothFamilies) {
  test::Ipv6Spec options_after;  // extension headers that are themselves cut into fragments
  options_after.protocol = 60;
  const Bytes segment = test::tcp({}, long_payload());
  const std::vector<Bytes> families[] = {
      test::fragments(test::Ipv4Spec{}, segment, 48), test::fragments(test::Ipv6Spec{}, segment, 48),
      test::fragments(options_after, Bytes{6, 0, 0, 0, 0, 0, 0, 0} + segment, 48)};
  for (auto pieces : families) {
    ASSERT_EQ(pieces.size(), 4U);
    std::sort(pieces.begin(), pieces.end());
    do {
      Bench bench;
      for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(bench.add(pieces[i]), "");
      EXPECT_EQ(bench.add(pieces[3]), long_payload());
      EXPECT_EQ(bench.fault, FrameFault::kNone);
      EXPECT_EQ(bench.defragmenter.pending(), 0U);
      EXPECT_EQ(bench.defragmenter.pending_bytes(), 0U);
      EXPECT_EQ(bench.defragmenter.counters().datagrams, 1U);
      EXPECT_EQ(bench.defragmenter.counters().dropped, 0U);
    } while (std::next_permutation(pieces.begin(), pieces.end()));
  }
}

TEST(Defragmenter, FragmentsInsideFragmentsAreMalformed) {
  test::Ipv6Spec spec;
  spec.protocol = 44;
  Bench bench;
  for (const auto& piece :
       test::fragments(spec, Bytes{6, 0, 0, 1, 0, 0, 0, 9} + test::tcp({}, bytes(60)), 48)) {
    const Packet fragment = decode_ip(piece);
    const auto whole = bench.defragmenter.add(fragment, kStart);
    EXPECT_EQ(whole ? whole->fault : FrameFault::kMalformed, FrameFault::kMalformed);
  }
  EXPECT_EQ(bench.defragmenter.counters().datagrams, 1U);
}

TEST(Defragmenter, SameFragmentTwiceIsNoOverlap) {
  const auto pieces = test::fragments(test::Ipv4Spec{}, test::tcp({}, long_payload()), 48);
  Bench bench;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(bench.add(pieces[i]), "");
    EXPECT_EQ(bench.add(pieces[i]), "");
  }
  EXPECT_EQ(bench.add(pieces[3]), long_payload());
  EXPECT_EQ(bench.defragmenter.counters().dropped, 0U);
}

// Each makes the whole datagram worthless, with the fragments that come after: once counted, never put
// together.
TEST(Defragmenter, Contradictions) {
  const struct {
    std::string_view name;
    std::vector<Bytes> fragments;
  } cases[] = {
      {"overlaps the end of the one before", {part(0, bytes(48), true), part(40, bytes(16), true)}},
      {"overlaps the start of the next", {part(48, bytes(16), true), part(0, bytes(56), true)}},
      {"teardrop: inside an earlier one", {part(0, bytes(64), true), part(24, bytes(8), false)}},
      {"around an earlier one", {part(16, bytes(8), true), part(0, bytes(48), true)}},
      {"same place, other bytes", {part(0, bytes(48), true), part(0, bytes(48, 'y'), true)}},
      {"same place, other length", {part(0, bytes(48), true), part(0, bytes(40), true)}},
      {"two ends", {part(48, bytes(8), false), part(64, bytes(8), false)}},
      {"end before a part that is known", {part(48, bytes(8), true), part(16, bytes(8), false)}},
      {"a part beyond the end", {part(16, bytes(8), false), part(48, bytes(8), true)}},
      {"not a multiple of eight", {part(0, bytes(47), true)}},
      {"nothing in it", {part(8, "", false)}},
      {"longer than a datagram can be", {part(65528, bytes(8), false)}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    Bench bench;
    for (const auto& fragment : one.fragments) EXPECT_EQ(bench.add(fragment), "");
    EXPECT_EQ(bench.defragmenter.counters().dropped, 1U);
    EXPECT_EQ(bench.defragmenter.pending_bytes(), 0U);
    for (const auto& fragment : test::fragments(test::Ipv4Spec{}, test::tcp({}, long_payload()), 48)) {
      EXPECT_EQ(bench.add(fragment), "");
    }
    EXPECT_EQ(bench.defragmenter.counters().dropped, 1U);
    EXPECT_EQ(bench.defragmenter.counters().datagrams, 0U);
  }
}

TEST(Defragmenter, PartOfAFragmentMissingInTheCapture) {
  Bench bench;
  const Bytes cut_short = test::cut(part(0, bytes(48), true), 60);
  EXPECT_EQ(bench.add(cut_short), "");
  EXPECT_EQ(bench.defragmenter.counters().dropped, 1U);
}

TEST(Defragmenter, FragmentsOfOneDatagramToTheLimitAndOnePast) {
  for (const std::size_t count : {Defragmenter::kMaxFragments, Defragmenter::kMaxFragments + 1}) {
    Bench bench;
    const Bytes segment = test::tcp({}, bytes(8 * count - 20));
    std::string whole;
    for (const auto& fragment : test::fragments(test::Ipv4Spec{}, segment, 8)) whole = bench.add(fragment);
    EXPECT_EQ(whole.empty(), count > Defragmenter::kMaxFragments);
    EXPECT_EQ(bench.defragmenter.counters().dropped, count > Defragmenter::kMaxFragments ? 1U : 0U);
  }
}

TEST(Defragmenter, DatagramsToTheLimitAndOnePast) {
  Bench bench(3);
  const auto fragments_of = [](uint16_t id) {
    test::Ipv4Spec spec;
    spec.id = id;
    return test::fragments(spec, test::tcp({}, bytes(60)), 48);
  };
  for (uint16_t id = 1; id <= 3; ++id) EXPECT_EQ(bench.add(fragments_of(id)[0]), "");
  EXPECT_EQ(bench.defragmenter.counters().dropped, 0U);
  EXPECT_EQ(bench.add(fragments_of(4)[0]), "");
  EXPECT_EQ(bench.defragmenter.pending(), 3U);
  EXPECT_EQ(bench.defragmenter.counters().dropped, 1U);
  EXPECT_EQ(bench.add(fragments_of(2)[1]), bytes(60)) << "the oldest made room, not this one";
  EXPECT_EQ(bench.add(fragments_of(1)[1]), "");
}

TEST(Defragmenter, BytesOfAllDatagramsAreBounded) {
  Bench bench(64);
  for (uint16_t id = 0; id < 64; ++id) {
    for (uint16_t at = 0; at < 40; ++at) {
      EXPECT_EQ(bench.add(part(static_cast<uint16_t>(at * 1480), bytes(1480), true, id)), "");
      ASSERT_LE(bench.defragmenter.pending_bytes(), Defragmenter::kMaxPendingBytes);
    }
  }
  EXPECT_GT(bench.defragmenter.counters().dropped, 0U);
  EXPECT_LT(bench.defragmenter.pending(), 10U);
}

TEST(Defragmenter, Timeout) {
  const auto pieces = test::fragments(test::Ipv4Spec{}, test::tcp({}, bytes(60)), 48);
  const struct {
    Duration gap;
    bool whole;
  } cases[] = {{Defragmenter::kTimeout, true}, {Defragmenter::kTimeout + 1us, false}};
  for (const auto& one : cases) {
    Bench bench;
    EXPECT_EQ(bench.add(pieces[0]), "");
    EXPECT_EQ(bench.add(pieces[1], kStart + one.gap), one.whole ? bytes(60) : "");
    EXPECT_EQ(bench.defragmenter.counters().dropped, one.whole ? 0U : 1U);
  }
}

TEST(Defragmenter, OneIdOfTwoHostsOrProtocols) {
  const auto with = [](std::string_view source, uint8_t protocol) {
    test::Ipv4Spec spec;
    spec.source = source;
    spec.protocol = protocol;
    return test::fragments(spec, test::tcp({}, bytes(60)), 48);
  };
  const auto a = with(test::kDevice, kProtocolTcp);
  const auto b = with("192.168.1.21", kProtocolTcp);
  const auto c = with(test::kDevice, 89);
  Bench bench;
  for (const auto* one : {&a, &b, &c}) EXPECT_EQ(bench.add((*one)[0]), "");
  EXPECT_EQ(bench.defragmenter.pending(), 3U);
  EXPECT_EQ(bench.add(a[1]), bytes(60));
  EXPECT_EQ(bench.add(b[1]), bytes(60));
}

TEST(Defragmenter, NoRoomAtAll) {
  Bench bench(0);
  EXPECT_EQ(bench.add(part(0, bytes(48), true)), "");
  EXPECT_EQ(bench.defragmenter.counters().fragments, 1U);
}

}  // namespace
}  // namespace gatewitness::dissect
