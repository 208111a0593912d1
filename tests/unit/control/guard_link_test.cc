// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/guard_link.h"

#include <gtest/gtest.h>

#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::control {
namespace {

using namespace std::chrono_literals;
using process::ZmqKind;
using process::ZmqSocket;

const GuardLink::Clock::time_point kNow{};

class GuardLinkTest : public testing::Test {
 protected:
  GuardLink connect() {
    auto link = GuardLink::connect(context_, folder_.path());
    EXPECT_TRUE(link) << link.error();
    return std::move(*link);
  }
  ZmqSocket guard() {
    auto socket = ZmqSocket::create(context_, ZmqKind::kRouter);
    EXPECT_TRUE(socket && socket->bind("ipc://" + folder_.path() + "/guard.sock"));
    return std::move(*socket);
  }
  static GuardDesk::Errand errand() { return {quarantine::List{}, {}}; }

  TemporaryFolder folder_;
  process::ZmqContext context_ = std::move(*process::ZmqContext::create());
};

TEST_F(GuardLinkTest, CarriesThereAndBackInOrder) {
  auto router = guard();
  auto link = connect();
  ASSERT_TRUE(link.ask(errand(), {{1}}, kNow));
  ASSERT_TRUE(link.ask({quarantine::Unblock{}, {}}, {{2}}, kNow));
  std::vector<GuardLink::Done> done;
  std::string heard;
  for (int i = 0; i < 1000 && done.size() < 2; ++i) {
    for (auto& each : link.turn(kNow)) done.push_back(std::move(each));
    auto parts = router.receive_parts(10ms);
    if (!parts) continue;
    heard += std::string(parts->back().begin(), parts->back().end()) + ";";
    const std::string_view reply = heard == "list;" ? "ok 1 0 0\n" : "error no\n";
    parts->back().assign(reply.begin(), reply.end());
    ASSERT_EQ(router.send_parts(*parts), process::ZmqSend::kSent);
  }
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(heard, "list;unblock gateway;");
  EXPECT_EQ(done[0].caller, (GuardLink::Parts{{1}}));
  EXPECT_EQ(done[0].reply.value().counters.refused, 1U);
  EXPECT_EQ(done[1].caller, (GuardLink::Parts{{2}}));
  EXPECT_EQ(done[1].reply.error(), "no");
  EXPECT_FALSE(link.waiting());
}

TEST_F(GuardLinkTest, AGuardThatIsNotThereIsALineAndNothingIsKeptForIt) {
  auto link = connect();
  ASSERT_TRUE(link.ask(errand(), {}, kNow));
  ASSERT_TRUE(link.ask(errand(), {}, kNow));
  EXPECT_TRUE(link.turn(kNow + GuardLink::kFind - 1ms).empty());
  const auto done = link.turn(kNow + GuardLink::kFind);
  ASSERT_EQ(done.size(), 2U);
  EXPECT_NE(done[0].reply.error().find("is gatewitness-guard running?"), std::string::npos);
  auto router = guard();
  EXPECT_FALSE(router.receive_parts(1500ms)) << "a late block would surprise everybody";
}

TEST_F(GuardLinkTest, AGuardThatSaysNothingIsNotWaitedForForEver) {
  auto router = guard();
  auto link = connect();
  ASSERT_TRUE(link.ask(errand(), {}, kNow));
  std::optional<GuardLink::Parts> parts;
  for (int i = 0; i < 1000 && !parts; ++i) {
    EXPECT_TRUE(link.turn(kNow).empty());
    parts = router.receive_parts(10ms);
  }
  ASSERT_TRUE(parts);
  EXPECT_TRUE(link.turn(kNow + GuardLink::kAnswer - 1ms).empty());
  EXPECT_EQ(link.turn(kNow + GuardLink::kAnswer).size(), 1U);
}

TEST_F(GuardLinkTest, TheLimitAndOneBeyond) {
  auto link = connect();
  for (std::size_t i = 0; i < GuardLink::kMaxWaiting; ++i) ASSERT_TRUE(link.ask(errand(), {}, kNow));
  EXPECT_FALSE(link.ask(errand(), {}, kNow));
}

}  // namespace
}  // namespace gatewitness::control
