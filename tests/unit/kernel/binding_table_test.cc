// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/binding_table.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>

#include <vector>

namespace gatewitness::kernel {
namespace {

using std::chrono::seconds;

const Timestamp t0{seconds(1'700'000'000)};
const IpAddress kOwn = IpAddress::parse("203.0.113.7").value();

struct Told {
  Timestamp time;
  wire::Binding binding;
};

class BindingTableTest : public testing::Test {
 protected:
  explicit BindingTableTest(const BindingLimits& limits = {})
      : table_(
            limits, [](uint16_t port) { return port == 25 || port == 587; },
            [](const IpAddress& address) { return address == kOwn; },
            [this](Timestamp time, const wire::Binding& binding) {
              told_.push_back({time, binding});
            }) {}

  // From a port of the inside: each its own connection.
  static ConntrackEntry entry(uint16_t source_port, uint16_t destination_port, uint32_t id) {
    const FiveTuple inside{{IpAddress::parse("192.168.1.20").value(), source_port},
                           {IpAddress::parse("198.51.100.9").value(), destination_port},
                           kProtocolTcp};
    const FiveTuple outside{
        {kOwn, static_cast<uint16_t>(source_port + 20000)}, inside.destination, kProtocolTcp};
    ConntrackEntry made;
    made.id = id;
    made.original = inside;
    made.reply = outside.reversed();
    made.status = 0U;
    return made;
  }
  void event(ConntrackEvent what, const ConntrackEntry& entry, Timestamp now) {
    table_.event(what, entry, now);
  }
  const wire::Binding& last() const { return told_.back().binding; }

  std::vector<Told> told_;
  BindingTable table_;
};

TEST_F(BindingTableTest, TellsTheLifeOfAMailConnection) {
  auto mail = entry(40000, 25, 1);
  mail.tcp_state = TCP_CONNTRACK_SYN_SENT;
  event(ConntrackEvent::kNew, mail, t0);
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().id, 1U);
  EXPECT_EQ(last().inside, mail.original);
  EXPECT_EQ(to_string(last().outside), "tcp 203.0.113.7:60000 > 198.51.100.9:25");
  EXPECT_EQ(last().started, t0);
  EXPECT_FALSE(last().ended || last().from_dump || last().gateway_origin || last().replied);
  EXPECT_EQ(last().tcp_state, "SYN_SENT");

  mail.status = IPS_SEEN_REPLY;
  mail.tcp_state = TCP_CONNTRACK_SYN_RECV;
  event(ConntrackEvent::kUpdate, mail, t0 + seconds(1));
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_TRUE(last().replied);
  mail.status = IPS_SEEN_REPLY | IPS_ASSURED;
  mail.tcp_state = TCP_CONNTRACK_ESTABLISHED;
  event(ConntrackEvent::kUpdate, mail, t0 + seconds(2));
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_TRUE(last().assured);
  mail.tcp_state = TCP_CONNTRACK_FIN_WAIT;
  event(ConntrackEvent::kUpdate, mail, t0 + seconds(3));
  EXPECT_EQ(told_.size(), 3U) << "nothing that the daemon needs";

  mail.tcp_state.reset();
  event(ConntrackEvent::kDestroy, mail, t0 + seconds(120));
  ASSERT_EQ(told_.size(), 4U);
  EXPECT_EQ(last().ended, t0 + seconds(120));
  EXPECT_EQ(last().started, t0);
  EXPECT_EQ(last().tcp_state, "FIN_WAIT");
  EXPECT_FALSE(table_.has_live());
}

TEST_F(BindingTableTest, TellsAResetAndOffload) {
  auto mail = entry(40000, 25, 1);
  event(ConntrackEvent::kNew, mail, t0);
  mail.tcp_state = TCP_CONNTRACK_CLOSE;
  event(ConntrackEvent::kUpdate, mail, t0);
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(last().tcp_state, "CLOSE");
  mail.status = IPS_OFFLOAD;
  event(ConntrackEvent::kDump, mail, t0);
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_TRUE(last().offloaded);
}

TEST_F(BindingTableTest, KnowsTheGatewaysOwn) {
  auto own = entry(40000, 25, 1);
  own.original.source.address = kOwn;
  event(ConntrackEvent::kNew, own, t0);
  EXPECT_TRUE(last().gateway_origin);
}

TEST_F(BindingTableTest, BelievesTheKernelsOwnTimes) {
  auto mail = entry(40000, 25, 1);
  mail.started = t0 - seconds(500);
  event(ConntrackEvent::kDump, mail, t0);
  EXPECT_EQ(last().started, t0 - seconds(500));
  EXPECT_FALSE(last().from_dump) << "its start is known exactly";
  mail.ended = t0 + seconds(1);
  event(ConntrackEvent::kDestroy, mail, t0 + seconds(2));
  EXPECT_EQ(last().ended, t0 + seconds(1));
}

TEST_F(BindingTableTest, NeverEndsBeforeItBegan) {
  auto mail = entry(40000, 25, 1);
  event(ConntrackEvent::kNew, mail, t0);
  event(ConntrackEvent::kDestroy, mail, t0 - seconds(5));  // the clock was set back
  EXPECT_EQ(last().ended, t0);
}

TEST_F(BindingTableTest, OtherConnectionsWaitSilently) {
  event(ConntrackEvent::kNew, entry(40000, 2526, 1), t0);
  event(ConntrackEvent::kDestroy, entry(40000, 2526, 1), t0 + seconds(1));
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(table_.waiting(), 1U);
}

TEST_F(BindingTableTest, AHintAfterTheBegin) {
  const auto other = entry(40000, 2526, 1);
  event(ConntrackEvent::kNew, other, t0);
  EXPECT_TRUE(table_.hint(other.original, t0, t0 + seconds(2)));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().started, t0);
  EXPECT_FALSE(last().ended);
  EXPECT_TRUE(table_.hint(other.original, t0, t0 + seconds(3)));
  EXPECT_EQ(told_.size(), 1U) << "told once";
  event(ConntrackEvent::kDestroy, other, t0 + seconds(9));
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(last().ended, t0 + seconds(9));
  EXPECT_TRUE(table_.hint(other.original, t0, t0 + seconds(10)));
  EXPECT_EQ(told_.size(), 2U);
}

TEST_F(BindingTableTest, AHintThatNamesTheOtherSideFirst) {
  const auto other = entry(40000, 2526, 1);
  event(ConntrackEvent::kNew, other, t0);
  EXPECT_TRUE(table_.hint(other.original.reversed(), t0, t0));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().inside, other.original);
}

TEST_F(BindingTableTest, AHintAfterTheEnd) {
  const auto other = entry(40000, 2526, 1);
  event(ConntrackEvent::kNew, other, t0);
  event(ConntrackEvent::kDestroy, other, t0 + seconds(1));
  EXPECT_TRUE(table_.hint(other.original, t0, t0 + seconds(2)));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().ended, t0 + seconds(1));
  EXPECT_FALSE(table_.has_live());
}

TEST_F(BindingTableTest, AHintIsNotForAnEarlierUseOfThePort) {
  const auto other = entry(40000, 2526, 1);
  event(ConntrackEvent::kNew, other, t0);
  event(ConntrackEvent::kDestroy, other, t0 + seconds(1));
  EXPECT_FALSE(table_.hint(other.original, t0 + seconds(60), t0 + seconds(61)));
  EXPECT_TRUE(told_.empty());
  event(ConntrackEvent::kNew, entry(40000, 2526, 2), t0 + seconds(62));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().id, 2U);
}

TEST_F(BindingTableTest, AHintBeforeTheBegin) {
  const auto other = entry(40000, 2526, 1);
  EXPECT_FALSE(table_.hint(other.original, t0, t0));
  EXPECT_EQ(table_.pending_hints(), 1U);
  event(ConntrackEvent::kDump, other, t0 + seconds(1));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_TRUE(last().from_dump);
  EXPECT_EQ(table_.pending_hints(), 0U);
}

TEST_F(BindingTableTest, AHintGrowsOld) {
  const auto other = entry(40000, 2526, 1);
  EXPECT_FALSE(table_.hint(other.original, t0, t0));
  table_.tick(t0 + seconds(60) - Duration(1));
  EXPECT_EQ(table_.pending_hints(), 1U);
  table_.tick(t0 + seconds(60));
  EXPECT_EQ(table_.pending_hints(), 0U);
  EXPECT_EQ(table_.counters().hints_unanswered, 1U);
  event(ConntrackEvent::kNew, other, t0 + seconds(61));
  EXPECT_TRUE(told_.empty());
}

TEST_F(BindingTableTest, AnEndWithoutABegin) {
  event(ConntrackEvent::kDestroy, entry(40000, 25, 1), t0);
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().ended, t0);
  EXPECT_TRUE(last().from_dump) << "when it began is not known";
  EXPECT_FALSE(table_.has_live());
  event(ConntrackEvent::kDestroy, entry(40001, 2526, 2), t0);
  EXPECT_EQ(told_.size(), 1U);
  EXPECT_EQ(table_.waiting(), 1U) << "nothing is kept of a stranger's end";
}

TEST_F(BindingTableTest, ABeginWithoutTheEndOfTheOneBefore) {
  event(ConntrackEvent::kNew, entry(40000, 25, 1), t0);
  event(ConntrackEvent::kNew, entry(40000, 25, 2), t0 + seconds(60));
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_EQ(told_[1].binding.id, 1U);
  EXPECT_EQ(told_[1].binding.ended, t0 + seconds(60));
  EXPECT_EQ(told_[2].binding.id, 2U);
  EXPECT_EQ(table_.live(), 1U);
}

TEST_F(BindingTableTest, TheSameTupleInTwoZonesIsTwoConnections) {
  event(ConntrackEvent::kNew, entry(40000, 25, 1), t0);
  auto other_zone = entry(40000, 25, 2);
  other_zone.zone = 9;
  event(ConntrackEvent::kNew, other_zone, t0);
  EXPECT_EQ(table_.live(), 2U);
  event(ConntrackEvent::kDestroy, other_zone, t0 + seconds(1));
  EXPECT_EQ(last().id, 2U);
  EXPECT_EQ(table_.live(), 1U);
}

TEST_F(BindingTableTest, APortIsUsedAgain) {
  for (uint32_t id = 1; id <= 3; ++id) {
    const Timestamp when = t0 + seconds(10 * id);
    event(ConntrackEvent::kNew, entry(40000, 25, id), when);
    EXPECT_EQ(last().started, when);
    event(ConntrackEvent::kDestroy, entry(40000, 25, id), when + seconds(1));
    EXPECT_EQ(last().id, id);
    EXPECT_EQ(last().ended, when + seconds(1));
  }
  EXPECT_EQ(told_.size(), 6U);
}

TEST_F(BindingTableTest, ADumpMendsWhatWasLost) {
  event(ConntrackEvent::kNew, entry(40000, 25, 1), t0);  // lives on
  event(ConntrackEvent::kNew, entry(40001, 25, 2), t0);  // its end is lost
  event(ConntrackEvent::kNew, entry(40002, 2526, 3), t0);
  told_.clear();
  table_.begin_dump();
  event(ConntrackEvent::kDump, entry(40000, 25, 1), t0 + seconds(5));
  event(ConntrackEvent::kDump, entry(40003, 25, 4), t0 + seconds(5));  // its begin was lost
  event(ConntrackEvent::kNew, entry(40004, 25, 5), t0 + seconds(5));   // begins meanwhile
  table_.end_dump(t0 + seconds(6));
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_EQ(told_[0].binding.id, 4U);
  EXPECT_TRUE(told_[0].binding.from_dump);
  EXPECT_EQ(told_[0].binding.started, t0 + seconds(5));
  EXPECT_EQ(told_[1].binding.id, 5U);
  EXPECT_FALSE(told_[1].binding.from_dump);
  EXPECT_EQ(told_[2].binding.id, 2U);
  EXPECT_EQ(told_[2].binding.ended, t0 + seconds(6));
  EXPECT_EQ(table_.live(), 3U);
  // The start of what was known did not move.
  event(ConntrackEvent::kDestroy, entry(40000, 25, 1), t0 + seconds(7));
  EXPECT_EQ(last().started, t0);
  EXPECT_FALSE(last().from_dump);
  // What waited and vanished can still be asked for.
  EXPECT_TRUE(table_.hint(entry(40002, 2526, 3).original, t0, t0 + seconds(8)));
  EXPECT_EQ(last().ended, t0 + seconds(6));
}

TEST_F(BindingTableTest, ADumpThatFailedChangesNothing) {
  event(ConntrackEvent::kNew, entry(40000, 25, 1), t0);
  table_.begin_dump();
  table_.begin_dump();
  event(ConntrackEvent::kDump, entry(40000, 25, 1), t0 + seconds(5));
  table_.end_dump(t0 + seconds(6));
  EXPECT_EQ(told_.size(), 1U);
  EXPECT_TRUE(table_.has_live());
}

class SmallBindingTable : public BindingTableTest {
 protected:
  SmallBindingTable() : BindingTableTest({.told = 3, .waiting = 3, .hints = 2, .hint_life = seconds(60)}) {}
};

TEST_F(SmallBindingTable, FollowsAsManyAsItMayAndForgetsTheOldest) {
  for (uint32_t id = 1; id <= 3; ++id)
    event(ConntrackEvent::kNew, entry(static_cast<uint16_t>(40000 + id), 25, id), t0);
  EXPECT_EQ(table_.counters().told_evicted, 0U);
  event(ConntrackEvent::kNew, entry(40004, 25, 4), t0);
  EXPECT_EQ(table_.live(), 3U);
  EXPECT_EQ(table_.counters().told_evicted, 1U);
  // Its end is told all the same, with a start that is only a latest-possible one.
  event(ConntrackEvent::kDestroy, entry(40001, 25, 1), t0 + seconds(9));
  EXPECT_EQ(last().id, 1U);
  EXPECT_TRUE(last().from_dump);
}

TEST_F(SmallBindingTable, MoreThanAreFollowedAreToldOnceAndNotAtEachReview) {
  for (int review = 0; review < 3; ++review) {
    table_.begin_dump();
    for (uint32_t id = 1; id <= 5; ++id)
      event(ConntrackEvent::kDump, entry(static_cast<uint16_t>(40000 + id), 25, id), t0);
    table_.end_dump(t0);
    EXPECT_EQ(told_.size(), 5U) << review;
    EXPECT_EQ(table_.live(), 3U);
    EXPECT_EQ(table_.counters().told_evicted, 2U);
  }
  // One that ends makes room; what is new is told as ever.
  event(ConntrackEvent::kDestroy, entry(40005, 25, 5), t0);
  event(ConntrackEvent::kNew, entry(40006, 25, 6), t0);
  EXPECT_EQ(told_.size(), 7U);
}

TEST_F(SmallBindingTable, WaitingOnesMakeRoomTheEndedFirst) {
  for (uint32_t id = 1; id <= 3; ++id)
    event(ConntrackEvent::kNew, entry(static_cast<uint16_t>(40000 + id), 80, id), t0);
  event(ConntrackEvent::kDestroy, entry(40002, 80, 2), t0);
  EXPECT_EQ(table_.waiting(), 3U);
  EXPECT_EQ(table_.counters().waiting_evicted, 0U);
  event(ConntrackEvent::kNew, entry(40004, 80, 4), t0);
  EXPECT_EQ(table_.waiting(), 3U);
  EXPECT_EQ(table_.counters().waiting_evicted, 1U);
  EXPECT_FALSE(table_.hint(entry(40002, 80, 2).original, t0, t0));
  EXPECT_TRUE(table_.hint(entry(40001, 80, 1).original, t0, t0));
  event(ConntrackEvent::kNew, entry(40005, 80, 5), t0);
  event(ConntrackEvent::kNew, entry(40006, 80, 6), t0);
  EXPECT_EQ(table_.waiting(), 3U);
  EXPECT_FALSE(table_.hint(entry(40003, 80, 3).original, t0, t0)) << "the oldest that waited";
}

TEST_F(SmallBindingTable, ADumpDoesNotDriveOutWhatIsFresh) {
  for (uint32_t id = 1; id <= 3; ++id)
    event(ConntrackEvent::kNew, entry(static_cast<uint16_t>(40000 + id), 80, id), t0);
  event(ConntrackEvent::kDump, entry(40009, 80, 9), t0);
  EXPECT_EQ(table_.waiting(), 3U);
  EXPECT_TRUE(table_.hint(entry(40001, 80, 1).original, t0, t0));
  // But one that was asked for is found by it.
  EXPECT_FALSE(table_.hint(entry(40009, 80, 9).original, t0, t0));
  told_.clear();
  event(ConntrackEvent::kNew, entry(40010, 80, 10), t0);
  event(ConntrackEvent::kDump, entry(40009, 80, 9), t0);
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(last().id, 9U);
}

TEST_F(SmallBindingTable, HintsAreBounded) {
  EXPECT_FALSE(table_.hint(entry(1, 80, 1).original, t0, t0));
  EXPECT_FALSE(table_.hint(entry(2, 80, 2).original, t0, t0));
  EXPECT_FALSE(table_.hint(entry(2, 80, 2).original, t0, t0)) << "the same again takes no room";
  EXPECT_EQ(table_.pending_hints(), 2U);
  EXPECT_EQ(table_.counters().hints_unanswered, 0U);
  EXPECT_FALSE(table_.hint(entry(3, 80, 3).original, t0, t0));
  EXPECT_EQ(table_.pending_hints(), 2U);
  EXPECT_EQ(table_.counters().hints_unanswered, 1U);
  event(ConntrackEvent::kNew, entry(1, 80, 1), t0);
  EXPECT_TRUE(told_.empty());
  event(ConntrackEvent::kNew, entry(3, 80, 3), t0);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(SmallBindingTable, StaysInItsBoundsWhateverComes) {
  // A made-up kernel: a linear congruence chooses what happens to which of a few connections.
  uint32_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    state = state * 1664525 + 1013904223;
    const auto port = static_cast<uint16_t>(40000 + (state >> 8) % 6);
    const auto it = entry(port, (state >> 12) % 2 == 0 ? 25 : 80, (state >> 16) % 4);
    switch ((state >> 24) % 8) {
      case 0:
        table_.begin_dump();
        break;
      case 1:
        table_.end_dump(t0 + seconds(i));
        break;
      case 2:
        (void)table_.hint(it.original, t0 + seconds(i), t0 + seconds(i));
        break;
      default:
        event(static_cast<ConntrackEvent>((state >> 28) % 4), it, t0 + seconds(i));
    }
    ASSERT_LE(table_.live(), 3U);
    ASSERT_LE(table_.waiting(), 3U);
    ASSERT_LE(table_.pending_hints(), 2U);
  }
}

}  // namespace
}  // namespace gatewitness::kernel
