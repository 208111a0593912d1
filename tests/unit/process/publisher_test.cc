// SPDX-License-Identifier: Apache-2.0
#include "probes/process/publisher.h"

#include <gtest/gtest.h>

#include "probes/wire/codec.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::process {
namespace {

using namespace std::chrono_literals;
constexpr Timestamp kStart{1'700'000'000s};

class PublisherTest : public testing::Test {
 protected:
  ZmqSocket socket(ZmqKind kind, int queue) {
    return std::move(*ZmqSocket::create(context_, kind, {.send_queue = queue, .receive_queue = queue}));
  }
  Publisher publisher(int queue) {
    auto push = socket(ZmqKind::kPush, queue);
    EXPECT_TRUE(push.connect(endpoint_));
    return {std::move(push), "capture", 42};
  }
  std::optional<wire::Envelope> receive(ZmqSocket& pull) {
    const auto bytes = pull.receive(5000ms);
    if (!bytes) return std::nullopt;
    auto envelope = wire::decode(*bytes);
    EXPECT_TRUE(envelope) << envelope.error().detail;
    return envelope ? std::optional(std::move(*envelope)) : std::nullopt;
  }

  TemporaryFolder folder_;
  std::string endpoint_ = "ipc://" + folder_.path() + "/inbox";
  ZmqContext context_ = std::move(*ZmqContext::create());
};

TEST_F(PublisherTest, NumbersRecordsFromZero) {
  auto pull = socket(ZmqKind::kPull, 100);
  ASSERT_TRUE(pull.bind(endpoint_));
  auto out = publisher(100);
  for (uint64_t i = 0; i < 3; ++i) {
    out.publish(kStart + std::chrono::seconds(i), wire::ProbeStatus{});
    const auto got = receive(pull);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->header.probe, "capture");
    EXPECT_EQ(got->header.epoch, 42U);
    EXPECT_EQ(got->header.sequence, i);
    EXPECT_EQ(got->header.time, kStart + std::chrono::seconds(i));
  }
}

TEST_F(PublisherTest, WhatAFullQueueDropsIsCountedNumberedAndReported) {
  auto out = publisher(4);  // nobody listens yet
  for (int i = 0; i < 10; ++i) out.publish(kStart + std::chrono::seconds(i), wire::ProbeStatus{});
  EXPECT_EQ(out.published(), 4U);
  EXPECT_EQ(out.dropped(), 6U);
  EXPECT_EQ(out.sequence(), 10U);

  auto pull = socket(ZmqKind::kPull, 100);
  ASSERT_TRUE(pull.bind(endpoint_));
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(receive(pull)->header.sequence, i);

  out.publish(kStart + 60s, wire::ProbeStatus{});
  const auto report = receive(pull);
  ASSERT_TRUE(report);
  const auto* gap = std::get_if<wire::CaptureGap>(&report->record);
  ASSERT_NE(gap, nullptr);
  EXPECT_EQ(report->header.sequence, 10U);
  EXPECT_EQ(gap->reason, wire::GapReason::kQueueFull);
  EXPECT_EQ(gap->count, 6U);
  EXPECT_EQ(gap->from, kStart + 4s);
  EXPECT_EQ(gap->to, kStart + 9s);
  const auto next = receive(pull);
  ASSERT_TRUE(next);
  EXPECT_TRUE(std::holds_alternative<wire::ProbeStatus>(next->record));
  EXPECT_EQ(next->header.sequence, 11U);
}

TEST(RandomU64, DoesNotRepeat) {
  EXPECT_NE(random_u64(), random_u64());
}

}  // namespace
}  // namespace gatewitness::process
