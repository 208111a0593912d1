// SPDX-License-Identifier: Apache-2.0
//
// When records are published and flows given up, and what a clock does to it that is set.
#include <gtest/gtest.h>

#include "probes/dissect/flow.h"
#include "probes/wire/codec.h"
#include "tests/unit/dissect/dissector_bench.h"

namespace gatewitness::dissect {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::Conversation;
using wire::Outcome;

void greet(DissectorBench& bench, Conversation& talk) {
  bench.frame(talk.syn());
  bench.frame(talk.syn_ack());
  bench.frame(talk.server("220 mx.example ESMTP\r\n"));
}

std::vector<uint8_t> bytes_of(const TimedRecord& record) {
  return wire::encode({{"capture", 1, 0, record.time}, record.record});
}

TEST(DissectorTime, FirstRecordAtOnce) {
  DissectorBench bench;
  bench.frame(Conversation().syn());
  ASSERT_EQ(bench.attempts().size(), 1U);
  EXPECT_EQ(bench.attempts()[0].revision, 0U);
  EXPECT_FALSE(bench.attempts()[0].final);
}

TEST(DissectorTime, UrgentNewsWithinATenthOfASecond) {
  DissectorBench bench;
  Conversation talk;
  bench.frame(talk.syn());
  bench.frame(talk.syn_ack(), 10ms);
  EXPECT_EQ(bench.attempts().size(), 1U) << "not yet";
  ASSERT_TRUE(bench.dissector.next_deadline());
  EXPECT_EQ(*bench.dissector.next_deadline(), DissectorBench::kStart + 1ms + kUrgentInterval);
  bench.tick(90ms - 1us);
  EXPECT_EQ(bench.attempts().size(), 1U);
  bench.tick(1us);
  ASSERT_EQ(bench.attempts().size(), 2U);
  EXPECT_EQ(bench.attempts()[1].outcome, Outcome::kEstablished);
  EXPECT_EQ(bench.attempts()[1].revision, 1U);
}

TEST(DissectorTime, UrgentNewsAfterAPauseAtOnce) {
  DissectorBench bench;
  Conversation talk;
  bench.frame(talk.syn());
  bench.frame(talk.syn_ack(), 100ms);
  EXPECT_EQ(bench.attempts().size(), 2U);
}

TEST(DissectorTime, OtherNewsAtThePublishInterval) {
  DissectorBench bench;
  Conversation talk;
  greet(bench, talk);
  bench.tick(1s);
  const std::size_t before = bench.attempts().size();
  const auto published = bench.records.back().time;
  for (int i = 0; i < 30; ++i) bench.frame(talk.client(""), 100ms);
  EXPECT_EQ(bench.attempts().size(), before) << "packets are counted, and wait";
  bench.dissector.tick(published + 5s - 1us);
  EXPECT_EQ(bench.attempts().size(), before);
  bench.dissector.tick(published + 5s);
  EXPECT_EQ(bench.attempts().size(), before + 1);
  bench.dissector.tick(published + 10min);
  EXPECT_EQ(bench.attempts().size(), before + 1) << "nothing new, nothing said";
}

TEST(DissectorTime, FlowsAreGivenUpWhenTheyAreDue) {
  const struct {
    std::string_view name;
    void (*script)(DissectorBench&, Conversation&);
    Duration idle;
  } cases[] = {
      {"never answered", [](DissectorBench& b, Conversation& t) { b.frame(t.syn()); }, 75s},
      {"established", [](DissectorBench& b, Conversation& t) { greet(b, t); }, 15min},
      {"reset", [](DissectorBench& b, Conversation& t) { greet(b, t), b.frame(t.server_rst()); }, 2s},
      {"half closed", [](DissectorBench& b, Conversation& t) { greet(b, t), b.frame(t.client_fin()); },
       15min},
      {"closed",
       [](DissectorBench& b, Conversation& t) {
         greet(b, t), b.frame(t.client_fin()), b.frame(t.server_fin());
       },
       2s},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    DissectorBench bench;
    Conversation talk;
    one.script(bench, talk);
    bench.tick(one.idle - 1us);
    EXPECT_EQ(bench.counter("flows_live"), 1U);
    bench.tick(1us);
    EXPECT_EQ(bench.counter("flows_live"), 0U);
    EXPECT_TRUE(bench.attempts().back().final);
    EXPECT_FALSE(bench.dissector.next_deadline());
  }
}

// However late the next frame comes: what was due before it is published in order and at its own time.
TEST(DissectorTime, WhatIsDueDoesNotWaitForTheNextFrame) {
  DissectorBench bench;
  Conversation first({.client_port = 1001}), second({.client_port = 1002}), third({.client_port = 1003});
  bench.frame(first.syn());
  bench.frame(second.syn());
  bench.frame(first.syn_ack());
  bench.frame(third.syn(), 24h);
  std::vector<std::pair<uint16_t, bool>> got;
  Timestamp last{};
  for (const auto& record : bench.records) {
    EXPECT_GE(record.time, last);
    last = record.time;
    if (const auto* attempt = std::get_if<wire::Attempt>(&record.record)) {
      got.emplace_back(attempt->flow.source.port, attempt->final);
      EXPECT_TRUE(!attempt->final || record.time <= DissectorBench::kStart + 16min);
    }
  }
  EXPECT_EQ(got,
            (std::vector<std::pair<uint16_t, bool>>{
                {1001, false}, {1002, false}, {1001, false}, {1002, true}, {1001, true}, {1003, false}}));
}

TEST(DissectorTime, SameFramesSameBytes) {
  const auto run = [] {
    DissectorBench bench;
    std::vector<Conversation> talks;
    for (uint16_t port = 1; port < 40; ++port) talks.emplace_back(Conversation::Spec{.client_port = port});
    for (auto& talk : talks) greet(bench, talk);
    for (auto& talk : talks) bench.frame(talk.client("EHLO x\r\n"));
    bench.finish();
    std::vector<std::vector<uint8_t>> out;
    for (const auto& record : bench.records) out.push_back(bytes_of(record));
    return out;
  };
  EXPECT_EQ(run(), run());
}

TEST(DissectorTime, AtTheEndFlowsAreFinalInTheOrderOfTheirBeginning) {
  DissectorBench bench;
  std::vector<Conversation> talks;
  for (const uint16_t port : std::vector<uint16_t>{9, 3, 7, 1})
    talks.emplace_back(Conversation::Spec{.client_port = port});
  for (auto& talk : talks) bench.frame(talk.syn());
  bench.frame(talks[0].syn_ack());
  bench.records.clear();
  bench.finish();
  std::vector<uint16_t> ports;
  for (const auto& attempt : bench.attempts())
    if (attempt.final) ports.push_back(attempt.flow.source.port);
  EXPECT_EQ(ports, (std::vector<uint16_t>{9, 3, 7, 1}));
  bench.finish();
  EXPECT_EQ(bench.attempts().size(), 4U) << "and only once";
}

TEST(DissectorTime, ClockSetBack) {
  const struct {
    std::string_view name;
    Duration back;
    bool set;
  } cases[] = {{"frames of two interfaces interleave", 5ms, false},
               {"as far as it is not followed", kClockSetBack, false},
               {"farther", kClockSetBack + 1us, true},
               {"a year", 24h * 365, true},
               {"before 1970", 24h * 365 * 60, true}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    DissectorBench bench;
    Conversation talk, next({.client_port = 40001});
    greet(bench, talk);
    bench.frame(next.syn(), -one.back);
    EXPECT_EQ(bench.counter("clock_steps_back"), one.set ? 1U : 0U);
    EXPECT_EQ(bench.counter("flows_live"), one.set ? 1U : 2U);
    EXPECT_EQ(bench.dissector.is_tracked(talk.tuple()), !one.set);
    bench.now = std::max(bench.now, Timestamp{});  // times before are taken for the first of 1970
    bench.tick(75s + kClockSetBack);
    EXPECT_FALSE(bench.dissector.is_tracked(next.tuple())) << "time goes on from there";
    bench.finish();
    for (const auto& attempt : bench.last_attempts()) EXPECT_TRUE(attempt.final);
  }
}

TEST(DissectorTime, ATickMaySetTheClockBackToo) {
  DissectorBench bench;
  Conversation talk;
  greet(bench, talk);
  bench.tick(-1h);
  EXPECT_EQ(bench.counter("clock_steps_back"), 1U);
  EXPECT_EQ(bench.counter("flows_live"), 0U);
}

TEST(DissectorTime, ClockSetForwardEndsWhatIsIdle) {
  DissectorBench bench;
  Conversation talk;
  greet(bench, talk);
  bench.frame(talk.client("EHLO x\r\n"), 24h * 365 * 9000);
  EXPECT_EQ(bench.last_attempts().size(), 2U);
  bench.frame(Conversation({.client_port = 7}).syn(), -24h * 365 * 9000);
  bench.finish();
  EXPECT_EQ(bench.last_attempts().size(), 3U);
  for (const auto& attempt : bench.last_attempts()) EXPECT_TRUE(attempt.final);
}

// Durations of zero are odd and allowed: nothing loops, nothing is kept.
TEST(DissectorTime, NothingLingers) {
  DissectorLimits limits;
  limits.flow_idle = limits.syn_idle = limits.closed_linger = limits.publish_interval = 0s;
  DissectorBench bench(limits);
  Conversation talk;
  bench.frame(talk.syn());
  bench.tick(0s);
  EXPECT_EQ(bench.counter("flows_live"), 0U);
  EXPECT_FALSE(bench.dissector.next_deadline());
}

}  // namespace
}  // namespace gatewitness::dissect
