// SPDX-License-Identifier: Apache-2.0
//
// What talking flows cost together: who is named when there are too many, and when too much waits.
#include "probes/dissect/talk_budget.h"

#include <gtest/gtest.h>

#include <list>

#include "tests/support/packet_builder.h"

namespace gatewitness::dissect {
namespace {

using test::Bytes;

constexpr std::size_t kLarge = 1 << 20;

// Flows by number, which talk once a segment with payload came.
struct Bench {
  explicit Bench(std::size_t talks, std::size_t bytes) : budget(talks, bytes) {}

  Flow& begin(uint16_t number) {
    FlowOrigin origin;
    origin.id = number;
    origin.client_to_server = test::Conversation({.client_port = number}).tuple();
    flows.emplace_back(origin, HashKey{});
    return flows.back();
  }
  // A segment of the client, so many bytes behind the first one.
  void say(Flow& flow, uint32_t offset, std::string_view text) {
    test::TcpSpec tcp;
    tcp.source_port = flow.tuple().source.port;
    tcp.sequence = 1000 + offset;
    const Bytes bytes = test::ipv4({}, test::tcp(tcp, text));
    flow.packet(decode_ip(bytes), Timestamp{}, nullptr);
    budget.active(flow);
  }
  Flow& talking(uint16_t number) {
    Flow& flow = begin(number);
    say(flow, 0, "EHLO x\r\n");
    return flow;
  }
  uint64_t too_many() const { return budget.one_too_many() == nullptr ? 0 : budget.one_too_many()->id(); }
  uint64_t waiting() const {
    return budget.longest_waiting() == nullptr ? 0 : budget.longest_waiting()->id();
  }

  std::list<Flow> flows;
  TalkBudget budget;
};

TEST(TalkBudget, FlowsWithoutPayloadCostNothing) {
  Bench bench(1, kLarge);
  bench.say(bench.begin(1), 0, "");
  EXPECT_EQ(bench.budget.talking(), 0U);
  bench.talking(2);
  EXPECT_EQ(bench.budget.talking(), 1U);
  EXPECT_EQ(bench.too_many(), 0U);
}

TEST(TalkBudget, TalksToTheLimitAndOnePast) {
  for (const std::size_t limit : {0U, 1U, 3U}) {
    SCOPED_TRACE(limit);
    Bench bench(limit, kLarge);
    const std::size_t room = std::max<std::size_t>(limit, 1);  // one flow may always talk
    for (uint16_t number = 1; number <= room; ++number) bench.talking(number);
    EXPECT_EQ(bench.too_many(), 0U);
    bench.talking(99);
    EXPECT_EQ(bench.too_many(), 1U) << "never the one that was active last";
    bench.budget.forget(*bench.budget.one_too_many());
    EXPECT_EQ(bench.too_many(), 0U);
    EXPECT_EQ(bench.budget.talking(), room);
  }
}

TEST(TalkBudget, LeastRecentlyActiveIsTooMany) {
  Bench bench(2, kLarge);
  Flow& first = bench.talking(1);
  bench.talking(2);
  bench.say(first, 8, "NOOP\r\n");
  bench.talking(3);
  EXPECT_EQ(bench.too_many(), 2U);
}

TEST(TalkBudget, ForgettingTwiceOrAStrangerChangesNothing) {
  Bench bench(2, kLarge);
  Flow& first = bench.talking(1);
  bench.talking(2);
  bench.say(first, 100, "waits");
  bench.budget.forget(first);
  bench.budget.forget(first);
  bench.budget.update(first);
  bench.budget.forget(bench.begin(7));
  EXPECT_EQ(bench.budget.talking(), 1U);
  EXPECT_EQ(bench.budget.buffered_bytes(), 0U);
}

TEST(TalkBudget, BytesThatWaitToTheLimitAndOnePast) {
  Bench measure(9, kLarge);
  measure.say(measure.talking(1), 100, "waits");
  const std::size_t one = measure.budget.buffered_bytes();
  EXPECT_GE(one, 5U);

  Bench bench(9, 2 * one);
  Flow& first = bench.talking(1);
  Flow& second = bench.talking(2);
  bench.say(second, 100, "waits");
  bench.say(first, 100, "waits");
  EXPECT_EQ(bench.budget.buffered_bytes(), 2 * one);
  EXPECT_EQ(bench.waiting(), 0U);
  bench.say(first, 200, "x");
  EXPECT_EQ(bench.waiting(), 2U) << "whoever has waited longest, active or not";
  second.give_up_holes();
  bench.budget.update(second);
  EXPECT_EQ(bench.waiting(), 0U);
  EXPECT_GT(bench.budget.buffered_bytes(), one);
  first.give_up_holes();
  bench.budget.update(first);
  EXPECT_EQ(bench.budget.buffered_bytes(), 0U);
}

TEST(TalkBudget, NothingMayWait) {
  Bench bench(9, 0);
  Flow& flow = bench.talking(1);
  EXPECT_EQ(bench.waiting(), 0U);
  bench.say(flow, 100, "waits");
  EXPECT_EQ(bench.waiting(), 1U);
  flow.give_up_holes();
  bench.budget.update(flow);
  EXPECT_EQ(bench.waiting(), 0U);
}

TEST(TalkBudget, WhoseHoleIsFilledHasNotWaited) {
  Bench bench(9, 1);
  Flow& first = bench.talking(1);
  bench.say(first, 14, "QUIT\r\n");
  EXPECT_EQ(bench.waiting(), 1U);
  bench.say(first, 8, "NOOP\r\n");
  EXPECT_EQ(bench.waiting(), 0U);
  bench.say(bench.talking(2), 100, "x");
  bench.say(first, 100, "x");
  EXPECT_EQ(bench.waiting(), 2U);
}

// A device that sends every second byte makes many segments of nothing: they cost what their places cost.
TEST(TalkBudget, SegmentsOfOneByteAreNotFree) {
  Bench bench(9, kLarge);
  Flow& flow = bench.talking(1);
  for (uint32_t i = 0; i < 60; ++i) bench.say(flow, 100 + 2 * i, "x");
  EXPECT_GE(bench.budget.buffered_bytes(), 60U * 100U);
}

}  // namespace
}  // namespace gatewitness::dissect
