// SPDX-License-Identifier: Apache-2.0
//
// Where the answer is less than sure: several fit, something was not seen, the provider translates once more,
// nothing fits.
#include <gtest/gtest.h>

#include "tests/unit/inquiry/past.h"

namespace gatewitness {
namespace {

using namespace past;
using namespace std::chrono_literals;
using Verdict = Testimony::Verdict;

// The same port outside, seconds later, by another device.
TEST(TestifyDoubt, APortThatIsUsedAgainListsBothAndTheTimeDecides) {
  const auto past = Past().with({.mac = kFridge}).with({.mac = kLaptop, .began = kNoon + 60s, .port = 41000});
  const auto testimony = past.ask(report());
  ASSERT_EQ(testimony.candidates.size(), 2U);
  EXPECT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates[0].profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(testimony.candidates[0].graded.grade, Grade::kStrong);
  EXPECT_EQ(testimony.candidates[1].graded.grade, Grade::kCircumstantial);

  auto between = report();
  between.at = kNoon + 30s;
  const auto open = past.ask(between);
  EXPECT_EQ(open.verdict, Verdict::kSeveral);
  EXPECT_EQ(open.candidates[0].graded.grade, Grade::kCircumstantial);
}

// A NAT that is short of ports drops a SYN; the port is given to another device in the same second.
TEST(TestifyDoubt, WhatNeverBecameAConnectionIsNoRivalOfOneThatDid) {
  auto dropped = binding_of({.mac = kLaptop, .began = kNoon - 1s, .port = 41000, .length = 0s});
  dropped.replied = dropped.assured = false;
  dropped.tcp_state = "SYN_SENT";
  const auto past = Past().with({.mac = kFridge}).with(dropped);
  const auto testimony = past.ask(report());
  ASSERT_EQ(testimony.candidates.size(), 2U);
  EXPECT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates[0].profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(testimony.candidates[0].graded.grade, Grade::kStrong);
  EXPECT_NE(all_of(testimony.candidates[1].graded.reasons).find("never established"), std::string::npos);

  // Alone it is all that there is.
  const auto alone = Past().with(dropped).ask(report());
  ASSERT_EQ(alone.candidates.size(), 1U);
  EXPECT_NE(all_of(alone.candidates[0].speaks_against).find("never established"), std::string::npos);
}

// A gateway may give one port to two devices at a time, to different servers.
TEST(TestifyDoubt, WithoutTheReceiverOnePortMayBelongToTwo) {
  const auto past =
      Past().with({.mac = kFridge}).with({.mac = kLaptop, .port = 41000, .server = "198.18.3.25"});
  EXPECT_EQ(past.ask(report()).candidates.size(), 1U);
  auto inquiry = report();
  inquiry.destination.reset();
  const auto testimony = past.ask(inquiry);
  EXPECT_EQ(testimony.candidates.size(), 2U);
  EXPECT_EQ(testimony.verdict, Verdict::kSeveral);
}

TEST(TestifyDoubt, WithoutAPortTheReceiverAndTheTimeMustDo) {
  auto inquiry = report();
  inquiry.port.reset();
  const auto alone = Past().with({.mac = kFridge}).ask(inquiry);
  ASSERT_EQ(alone.verdict, Verdict::kNamed);
  EXPECT_EQ(alone.candidates.front().match, Match::kDestination);
  EXPECT_EQ(alone.candidates.front().graded.grade, Grade::kStrong);

  const auto two =
      Past().with({.mac = kFridge}).with({.mac = kNas, .port = 41000, .outside_port = 41000}).ask(inquiry);
  EXPECT_EQ(two.verdict, Verdict::kSeveral);
  EXPECT_EQ(two.candidates.size(), 2U);
  EXPECT_EQ(two.candidates.front().graded.grade, Grade::kCircumstantial);
}

TEST(TestifyDoubt, WithoutBindingsThePortInsideIsAnAssumption) {
  auto inquiry = report();
  inquiry.port = 40000;
  const auto testimony = Past().with({.mac = kFridge, .binding = false}).ask(inquiry);
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().match, Match::kSamePort);
  EXPECT_EQ(testimony.candidates.front().graded.grade, Grade::kCircumstantial);
}

struct Loss {
  const char* name;
  void (*happen)(Records&);
  Grade grade;
};

TEST(TestifyDoubt, WhatWasNotSeenLowersTheGradeAndClearsNobody) {
  const Loss losses[] = {
      {"nothing", [](Records&) {}, Grade::kWitnessed},
      {"the kernel dropped frames",
       [](Records& records) {
         records.gaps.push_back({"capture", {"br-lan", kNoon, kNoon + 1s, wire::GapReason::kKernelDrop, 5}});
       },
       Grade::kStrong},
      {"the capture was restarted",
       [](Records& records) {
         records.gaps.push_back({"capture", {"", kNoon - 5s, kNoon, wire::GapReason::kProbeStart, 0}});
       },
       Grade::kStrong},
  };
  for (const auto& loss : losses) {
    SCOPED_TRACE(loss.name);
    auto past = Past().with({.mac = kFridge});
    loss.happen(past.records);
    const auto testimony = past.ask(report());
    EXPECT_EQ(testimony.candidates.front().graded.grade, loss.grade)
        << all_of(testimony.candidates.front().graded.reasons);
    EXPECT_EQ(other(testimony, kNas)->cleared, loss.grade == Grade::kWitnessed);
    EXPECT_EQ(testimony.gaps.size(), loss.grade == Grade::kWitnessed ? 0U : 1U);
  }
}

TEST(TestifyDoubt, AProbeThatWasNotRunningIsSaidAndClearsNobody) {
  auto past = Past().with({.mac = kFridge, .frames = false});
  past.records.watches[0].until = kNoon - 1min;  // the capture died then
  const auto testimony = past.ask(report());
  EXPECT_NE(all_of(testimony.watched).find("capture was not running"), std::string::npos)
      << all_of(testimony.watched);
  EXPECT_FALSE(other(testimony, kNas)->cleared);
}

// Only conntrack saw it: hardware offload, or it was there before the capture.
TEST(TestifyDoubt, ABindingWithoutFramesIsCircumstantial) {
  auto offloaded = binding_of({.mac = kFridge});
  offloaded.offloaded = true;
  const auto testimony = Past().with(offloaded).ask(report());
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(testimony.candidates.front().graded.grade, Grade::kCircumstantial);
  EXPECT_NE(all_of(testimony.notes).find("offloaded"), std::string::npos);
}

TEST(TestifyDoubt, AnEntryOlderThanTheDaemonFitsAnEarlierTime) {
  auto old = binding_of({.mac = kFridge});
  old.from_dump = true;
  old.started = kNoon + 1h - 1s;
  old.ended = kNoon + 1h;
  EXPECT_EQ(Past().with(old).ask(report()).verdict, Verdict::kNamed);
}

TEST(TestifyDoubt, AnAddressThatNobodyHadNamesNobody) {
  auto unknown = binding_of({.mac = kFridge});
  unknown.inside.source.address = address("192.168.1.99");
  const auto testimony = Past().with(unknown).ask(report());
  EXPECT_EQ(testimony.verdict, Verdict::kNobody);
  ASSERT_EQ(testimony.candidates.size(), 1U);
  EXPECT_EQ(testimony.candidates.front().graded.grade, Grade::kUnknown);
}

TEST(TestifyDoubt, UdpIsIgnored) {
  auto udp = binding_of({.mac = kFridge});
  udp.inside.protocol = udp.outside.protocol = kProtocolUdp;
  EXPECT_TRUE(Past().with(udp).ask(report()).candidates.empty());
}

TEST(TestifyDoubt, BehindTheProvidersTranslationItsLogIsNeeded) {
  Past past;
  past.records.own[1].address.address = address("100.64.1.2");
  past.records.outside = {{address("100.64.1.2"), kNoon - 30 * 24h, kNoon + 1h}};
  auto translated = binding_of({.mac = kFridge});
  translated.outside.source = {address("100.64.1.2"), 40000};
  past.with(translated).with({.mac = kFridge, .binding = false});
  const auto testimony = past.ask(report());
  EXPECT_NE(all_of(testimony.notes).find("translation log"), std::string::npos);
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().match, Match::kDestination);
  EXPECT_EQ(testimony.candidates.front().graded.grade, Grade::kCircumstantial);
}

TEST(TestifyDoubt, APublicAddressThatWasNeverOursIsSaid) {
  auto inquiry = report();
  inquiry.public_address = address("203.0.113.99");
  const auto testimony = Past().with({.mac = kFridge}).ask(inquiry);
  EXPECT_EQ(testimony.verdict, Verdict::kNobody);
  EXPECT_NE(all_of(testimony.notes).find("never seen as an address of this home"), std::string::npos);
  EXPECT_NE(all_of(testimony.notes).find(kHome), std::string::npos) << "what it had";
}

// PPPoE: another address after midnight; the old one was ours, but not then.
TEST(TestifyDoubt, AnAddressOfAnotherDayIsSaid) {
  Past past;
  past.records.outside = {{address(kHome), kNoon - 48h, kNoon - 24h},
                          {address("203.0.113.8"), kNoon - 23h, kNoon}};
  EXPECT_NE(all_of(past.ask(report()).notes).find("the report's time lies outside"), std::string::npos);
}

TEST(TestifyDoubt, NothingFitsSaysWhatWasRecorded) {
  const auto testimony = Past().ask(report());
  EXPECT_EQ(testimony.verdict, Verdict::kNobody);
  EXPECT_EQ(testimony.watched.size(), 2U);
  EXPECT_NE(all_of(testimony.watched).find("capture was running throughout"), std::string::npos);
  EXPECT_TRUE(other(testimony, kFridge)->cleared) << "it opened no connection, and the capture was complete";

  auto long_ago = report();
  long_ago.at = kNoon - 60 * 24h;
  EXPECT_NE(all_of(Past().ask(long_ago).notes).find("is not kept"), std::string::npos);
  EXPECT_NE(all_of(testify(report(), {}, {}).notes).find("Nothing has been recorded"), std::string::npos);
}

TEST(TestifyDoubt, WhatSpokeAnotherProtocolIsNoMail) {
  Past past;
  past.with({.mac = kFridge});
  past.records.attempts.back().attempt.is_mail = wire::IsMail::kNo;
  past.records.bindings.clear();
  EXPECT_TRUE(past.ask(report()).candidates.empty());
}

TEST(TestifyDoubt, MailFromOutsideToAServerInTheHouseIsNotTheirs) {
  Past past;
  past.with({.mac = kNas});
  auto& attempt = past.records.attempts.back().attempt;
  attempt.flow = {{address(kServer), 60460}, {address("192.168.1.22"), 25}, kProtocolTcp};
  attempt.client_mac = kGateway;
  past.records.bindings.clear();
  EXPECT_TRUE(past.ask(report()).candidates.empty());
}

}  // namespace
}  // namespace gatewitness
