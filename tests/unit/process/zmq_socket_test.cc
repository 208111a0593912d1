// SPDX-License-Identifier: Apache-2.0
#include "probes/process/zmq_socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::process {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<uint8_t>;

class ZmqSocketTest : public testing::Test {
 protected:
  ZmqSocket make(ZmqKind kind, const ZmqLimits& limits = {}) {
    auto made = ZmqSocket::create(context_, kind, limits);
    EXPECT_TRUE(made) << made.error();
    return std::move(*made);
  }
  TemporaryFolder folder_;
  std::string endpoint_ = "ipc://" + folder_.path() + "/socket";
  ZmqContext context_ = std::move(*ZmqContext::create());
};

TEST_F(ZmqSocketTest, PushReachesPull) {
  auto pull = make(ZmqKind::kPull);
  ASSERT_TRUE(pull.bind(endpoint_));
  auto push = make(ZmqKind::kPush);
  ASSERT_TRUE(push.connect(endpoint_));
  EXPECT_FALSE(pull.readable());
  EXPECT_EQ(push.send(Bytes{1, 2, 3}), ZmqSend::kSent);
  EXPECT_EQ(pull.receive(5000ms), (Bytes{1, 2, 3}));
  EXPECT_FALSE(pull.receive());
}

TEST_F(ZmqSocketTest, AMessageAtTheLimitPassesAndOnePastItDoesNot) {
  auto pull = make(ZmqKind::kPull, {.max_message = 100});
  ASSERT_TRUE(pull.bind(endpoint_));
  auto push = make(ZmqKind::kPush);
  ASSERT_TRUE(push.connect(endpoint_));
  EXPECT_EQ(push.send(Bytes(100)), ZmqSend::kSent);
  EXPECT_TRUE(pull.receive(5000ms));
  EXPECT_EQ(push.send(Bytes(101)), ZmqSend::kSent);
  EXPECT_FALSE(pull.receive(300ms));
}

TEST_F(ZmqSocketTest, AFullQueueSaysSoAtOnce) {
  auto push = make(ZmqKind::kPush, {.send_queue = 3});
  ASSERT_TRUE(push.connect(endpoint_));  // nobody is there
  for (int i = 0; i < 3; ++i) EXPECT_EQ(push.send(Bytes{1}), ZmqSend::kSent);
  EXPECT_FALSE(push.writable());
  EXPECT_EQ(push.send(Bytes{1}), ZmqSend::kFull);
  EXPECT_EQ(push.send(Bytes{1}, 20ms), ZmqSend::kFull);
}

TEST_F(ZmqSocketTest, ARequestIsAnsweredToItsSender) {
  auto router = make(ZmqKind::kRouter);
  ASSERT_TRUE(router.bind(endpoint_));
  auto request = make(ZmqKind::kReq);
  ASSERT_TRUE(request.connect(endpoint_));
  ASSERT_EQ(request.send(Bytes{'?'}, 1000ms), ZmqSend::kSent);
  auto parts = router.receive_parts(5000ms);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->back(), Bytes{'?'});
  parts->back() = Bytes{'!'};
  EXPECT_EQ(router.send_parts(*parts), ZmqSend::kSent);
  EXPECT_EQ(request.receive(5000ms), Bytes{'!'});
}

TEST_F(ZmqSocketTest, AnUnansweredRequestDoesNotBlockTheNext) {
  auto router = make(ZmqKind::kRouter);
  ASSERT_TRUE(router.bind(endpoint_));
  auto request = make(ZmqKind::kReq);
  ASSERT_TRUE(request.connect(endpoint_));
  EXPECT_EQ(request.send(Bytes{1}, 1000ms), ZmqSend::kSent);
  auto late = router.receive_parts(5000ms);
  ASSERT_TRUE(late);
  EXPECT_EQ(request.send(Bytes{2}, 1000ms), ZmqSend::kSent);
  EXPECT_EQ(router.send_parts(*late), ZmqSend::kSent);  // too late: must not be taken for the second's answer
  auto second = router.receive_parts(5000ms);
  ASSERT_TRUE(second);
  second->back() = Bytes{22};
  EXPECT_EQ(router.send_parts(*second), ZmqSend::kSent);
  EXPECT_EQ(request.receive(5000ms), Bytes{22});
}

TEST_F(ZmqSocketTest, AnAnswerToNobodyIsAnErrorNotSilence) {
  auto router = make(ZmqKind::kRouter);
  ASSERT_TRUE(router.bind(endpoint_));
  const std::vector<Bytes> parts = {{9, 9, 9}, {}, {1}};
  EXPECT_EQ(router.send_parts(parts), ZmqSend::kError);
}

TEST_F(ZmqSocketTest, SubscribersHearEverything) {
  auto pub = make(ZmqKind::kPub);
  ASSERT_TRUE(pub.bind(endpoint_));
  auto sub = make(ZmqKind::kSub);
  ASSERT_TRUE(sub.connect(endpoint_));
  std::optional<Bytes> heard;
  for (int i = 0; i < 100 && !heard; ++i) {  // what was said before the subscription arrived is not heard
    (void)pub.send(Bytes{7});
    heard = sub.receive(50ms);
  }
  EXPECT_EQ(heard, Bytes{7});
}

TEST_F(ZmqSocketTest, MessagesOfTooManyPartsAreDroppedAndCounted) {
  auto pull = make(ZmqKind::kPull);
  ASSERT_TRUE(pull.bind(endpoint_));
  auto push = make(ZmqKind::kPush);
  ASSERT_TRUE(push.connect(endpoint_));
  const std::vector<Bytes> at_limit(ZmqSocket::kMaxParts, Bytes{1});
  const std::vector<Bytes> past_limit(ZmqSocket::kMaxParts + 1, Bytes{2});
  EXPECT_EQ(push.send_parts(past_limit), ZmqSend::kSent);
  EXPECT_EQ(push.send_parts(at_limit), ZmqSend::kSent);
  EXPECT_EQ(push.send(Bytes{3}), ZmqSend::kSent);
  EXPECT_EQ(pull.receive_parts(5000ms), at_limit);
  EXPECT_EQ(pull.dropped_messages(), 1U);
  EXPECT_EQ(push.send_parts(at_limit), ZmqSend::kSent);
  EXPECT_EQ(push.send(Bytes{4}), ZmqSend::kSent);
  EXPECT_EQ(pull.receive(5000ms), Bytes{3});
  Bytes next;
  while (next.empty()) next = pull.receive(5000ms).value_or(Bytes{});
  EXPECT_EQ(next, Bytes{4});
  EXPECT_EQ(pull.dropped_messages(), 2U);
}

TEST_F(ZmqSocketTest, WhatNobodyIsThereForIsNotKept) {
  auto req = make(ZmqKind::kReq, {.only_connected = true});
  ASSERT_TRUE(req.connect(endpoint_));
  EXPECT_EQ(req.send(Bytes{1}), ZmqSend::kFull);
  auto router = make(ZmqKind::kRouter);
  ASSERT_TRUE(router.bind(endpoint_));
  EXPECT_EQ(req.send(Bytes{2}, 5000ms), ZmqSend::kSent);
  const auto parts = router.receive_parts(5000ms);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->back(), Bytes{2});
}

TEST_F(ZmqSocketTest, OneUserIsAcceptedAndOthersAreCounted) {
  for (const bool own : {true, false}) {
    auto pull = make(ZmqKind::kPull);
    ASSERT_TRUE(pull.accept_only(own ? ::geteuid() : ::geteuid() + 1));
    auto refusals = pull.watch_refusals(context_);
    ASSERT_TRUE(refusals) << refusals.error();
    const std::string endpoint = endpoint_ + (own ? "1" : "2");
    ASSERT_TRUE(pull.bind(endpoint));
    auto push = make(ZmqKind::kPush);
    ASSERT_TRUE(push.connect(endpoint));
    (void)push.send(Bytes{1});
    if (own) {
      EXPECT_EQ(pull.receive(5000ms), Bytes{1});
      EXPECT_FALSE(refusals->receive_parts());
    } else {
      EXPECT_TRUE(refusals->receive_parts(5000ms));
      EXPECT_FALSE(pull.receive());
    }
  }
}

TEST_F(ZmqSocketTest, ABadEndpointIsOneLine) {
  auto pull = make(ZmqKind::kPull);
  const auto bound = pull.bind("ipc://" + folder_.path() + "/no/such/folder");
  ASSERT_FALSE(bound);
  EXPECT_NE(bound.error().find("cannot listen on ipc://"), std::string::npos) << bound.error();
}

}  // namespace
}  // namespace gatewitness::process
