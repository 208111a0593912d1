// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/binding_store.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart{std::chrono::seconds(1'790'000'000)};

wire::Binding binding(uint64_t id, Timestamp started, uint16_t outside_port = 60460) {
  wire::Binding made;
  made.id = id;
  made.inside = {{*IpAddress::parse("192.168.1.20"), 40000}, {*IpAddress::parse("198.51.100.9"), 25}, 6};
  made.outside = made.inside;
  made.outside.source = {*IpAddress::parse("203.0.113.7"), outside_port};
  made.started = started;
  return made;
}

wire::Attempt attempt(const FiveTuple& flow, Timestamp started,
                      wire::Outcome outcome = wire::Outcome::kEstablished) {
  wire::Attempt made;
  made.flow = flow;
  made.started = started;
  made.outcome = outcome;
  return made;
}

TEST(BindingStore, ALaterEventOfTheSameEntryKeepsItsStart) {
  BindingStore store(16);
  store.learn(binding(1, kStart));
  auto ended = binding(1, kStart + 9s);
  ended.ended = kStart + 9s;
  ended.replied = true;
  store.learn(ended);
  EXPECT_EQ(store.size(), 1U);
  const auto* found = store.find(attempt(ended.inside, kStart), 1s);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->started, kStart);
  EXPECT_EQ(found->ended, kStart + 9s);
}

// The same tuple again, seconds later, with another port outside: two bindings.
TEST(BindingStore, ATupleThatIsUsedAgainIsAnotherBinding) {
  BindingStore store(16);
  auto first = binding(1, kStart, 60460);
  first.ended = kStart + 3s;
  first.assured = true;
  store.learn(first);
  store.learn(binding(1, kStart + 5s, 60999));
  EXPECT_EQ(store.size(), 2U);
  EXPECT_EQ(store.find(attempt(first.inside, kStart + 1s), 5s)->outside.source.port, 60460);
  EXPECT_EQ(store.find(attempt(first.inside, kStart + 5s), 5s)->outside.source.port, 60999);
}

// As a kernel does it whose ports are scarce: the repeated SYN of a refused first one gets another port at
// once.
TEST(BindingStore, OfTwoAtOnceTheMailLeftThroughTheOneThatWasAssured) {
  BindingStore store(16);
  auto refused = binding(1, kStart, 40008);
  refused.tcp_state = "CLOSE";
  refused.replied = true;
  refused.ended = kStart;
  store.learn(refused);
  auto used = binding(2, kStart + 900us, 40029);
  store.learn(used);
  const auto flow = used.inside;
  EXPECT_EQ(store.find(attempt(flow, kStart + 10us), 5s)->outside.source.port, 40029)
      << "what is over carried nothing";
  used.assured = true;
  store.learn(used);
  EXPECT_EQ(store.find(attempt(flow, kStart + 10us), 5s)->outside.source.port, 40029);
  EXPECT_EQ(store.find(attempt(flow, kStart + 800us, wire::Outcome::kRefused), 5s)->outside.source.port,
            40008);
  EXPECT_EQ(store.find(attempt(flow, kStart + 800us, wire::Outcome::kSynOnly), 5s)->outside.source.port,
            40008);
  EXPECT_EQ(store.find(attempt(flow, kStart + 5s + 500us, wire::Outcome::kRefused), 5s)->outside.source.port,
            40029)
      << "within the tolerance only";
}

TEST(BindingStore, WhatIsKnownOfAnEntryGrows) {
  BindingStore store(16);
  const auto first = store.learn(binding(1, kStart));
  auto later = binding(1, kStart + 2s);
  later.assured = true;
  EXPECT_EQ(store.learn(later).started, kStart);
  EXPECT_TRUE(store.newest(first).assured);
  const auto never = binding(7, kStart);
  EXPECT_EQ(store.newest(never).id, 7U) << "of what it does not have it knows no more";
}

TEST(BindingStore, FindsOnlyWithinTheTolerance) {
  BindingStore store(16);
  store.learn(binding(1, kStart));
  EXPECT_NE(store.find(attempt(binding(1, kStart).inside, kStart + 5s), 5s), nullptr);
  EXPECT_EQ(store.find(attempt(binding(1, kStart).inside, kStart + 5s + 1us), 5s), nullptr);
  EXPECT_EQ(store.find(attempt(binding(1, kStart).inside.reversed(), kStart), 5s), nullptr);
}

// What a dump lists began at some time before it.
TEST(BindingStore, AnEntryOlderThanTheProbeFitsAnEarlierTime) {
  BindingStore store(16);
  auto old = binding(1, kStart);
  old.from_dump = true;
  store.learn(old);
  EXPECT_NE(store.find(attempt(old.inside, kStart - 24h), 5s), nullptr);
  EXPECT_EQ(store.find(attempt(old.inside, kStart + 6s), 5s), nullptr);
}

TEST(BindingStore, IsBounded) {
  BindingStore store(3);
  for (uint16_t i = 0; i < 4; ++i) {
    auto one = binding(i, kStart + i * 1s);
    one.inside.source.port = static_cast<uint16_t>(40000 + i);
    store.learn(one);
  }
  EXPECT_EQ(store.size(), 3U);
  EXPECT_EQ(store.evicted(), 1U);
  EXPECT_EQ(store.find(attempt(binding(0, kStart).inside, kStart), 1s), nullptr) << "the oldest makes room";
  std::vector<uint16_t> ports;
  store.each([&](const wire::Binding& one) { ports.push_back(one.inside.source.port); });
  EXPECT_EQ(ports, (std::vector<uint16_t>{40001, 40002, 40003})) << "the oldest first";

  BindingStore repeated(100);
  for (uint64_t i = 0; i < 9; ++i) {
    auto one = binding(i, kStart + i * 1s);
    one.ended = one.started;
    repeated.learn(one);
  }
  EXPECT_EQ(repeated.size(), 8U) << "of one tuple";
  EXPECT_EQ(repeated.evicted(), 1U);
}

}  // namespace
}  // namespace gatewitness
