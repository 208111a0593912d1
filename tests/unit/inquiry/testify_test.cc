// SPDX-License-Identifier: Apache-2.0
//
// Who is named, and by what: queue id before five-tuple before time.
#include <gtest/gtest.h>

#include "tests/unit/inquiry/past.h"

namespace gatewitness {
namespace {

using namespace past;
using namespace std::chrono_literals;
using Verdict = Testimony::Verdict;

TEST(Testify, NamesTheDeviceBehindAddressPortAndTime) {
  const auto past =
      Past().with({.mac = kFridge}).with({.mac = kLaptop, .port = 41000, .outside_port = 41000});
  const auto testimony = past.ask(report());
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  const auto& fridge = testimony.candidates.front();
  EXPECT_EQ(fridge.profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(fridge.profile.name, "kitchen-fridge");
  EXPECT_EQ(fridge.profile.device_class, "fridge");
  EXPECT_EQ(fridge.address, "192.168.1.20");
  EXPECT_EQ(fridge.match, Match::kFiveTuple);
  EXPECT_EQ(fridge.graded.grade, Grade::kWitnessed) << all_of(fridge.graded.reasons);
  EXPECT_EQ(fridge.apart, Duration(0));
  std::string sources;
  for (const auto& one : fridge.evidence) sources += one.source + " ";
  EXPECT_EQ(sources, "dhcp frame conntrack smtp conntrack ");
}

TEST(Testify, ClearsTheOthersAndSaysWhy) {
  const auto past =
      Past().with({.mac = kFridge}).with({.mac = kLaptop, .port = 41000, .outside_port = 41000});
  const auto testimony = past.ask(report());
  ASSERT_NE(other(testimony, kNas), nullptr);
  EXPECT_TRUE(other(testimony, kNas)->cleared);
  EXPECT_NE(other(testimony, kNas)->why.find("opened no connection"), std::string::npos);
  ASSERT_NE(other(testimony, kLaptop), nullptr);
  EXPECT_TRUE(other(testimony, kLaptop)->cleared);
  EXPECT_NE(other(testimony, kLaptop)->why.find("other ports"), std::string::npos);
  EXPECT_EQ(other(testimony, kFridge), nullptr);
}

TEST(Testify, AQueueIdDecidesWhateverTheClockSays) {
  auto inquiry = report();
  inquiry.queue_id = "4Vx1AB2cD3z";
  inquiry.at = kNoon + 3h;
  inquiry.port = 1;
  const auto past = Past()
                        .with({.mac = kFridge, .queue_id = "4Vx1AB2cD3z"})
                        .with({.mac = kLaptop,
                               .began = kNoon + 3h,
                               .port = 41000,
                               .outside_port = 41000,
                               .queue_id = "other"});
  const auto testimony = past.ask(inquiry);
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(testimony.candidates.front().match, Match::kQueueId);
  const std::string against = all_of(testimony.candidates.front().speaks_against);
  EXPECT_NE(against.find("outside its session"), std::string::npos) << against;
  EXPECT_NE(against.find("its port outside was 60460"), std::string::npos) << against;
}

TEST(Testify, AQueueIdAloneIsEnough) {
  Inquiry inquiry;
  inquiry.queue_id = "4Vx1AB2cD3z";
  EXPECT_EQ(what_is_missing(inquiry), std::nullopt);
  const auto testimony = Past().with({.mac = kFridge, .queue_id = "4Vx1AB2cD3z"}).ask(inquiry);
  EXPECT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_TRUE(other(testimony, kNas)->cleared);
}

TEST(Testify, ClocksMayBeWrongByTheSkewAndNoMore) {
  const auto past = Past().with({.mac = kFridge});
  // The binding outlives the session; without frames of its own end it would decide.
  const struct {
    Timestamp at;
    bool found;
  } cases[] = {{kNoon - 10min, true},
               {kNoon - 10min - 1us, false},
               {kNoon + 4s + 10min, true},
               {kNoon + 4s + 10min + 1us, false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(to_string(c.at));
    auto inquiry = report();
    inquiry.at = c.at;
    const auto testimony = past.ask(inquiry);
    EXPECT_EQ(testimony.verdict, c.found ? Verdict::kNamed : Verdict::kNobody);
    if (c.found) {
      EXPECT_NE(all_of(testimony.candidates.front().speaks_against).find("outside its session"),
                std::string::npos);
    }
  }
}

TEST(Testify, TheHeloOfTheReportSpeaksForOrAgainst) {
  auto inquiry = report();
  inquiry.helo = "localhost";
  const auto past = Past().with({.mac = kFridge});
  EXPECT_NE(all_of(past.ask(inquiry).candidates.front().speaks_for).find("called itself"), std::string::npos);
  inquiry.helo = "mail.example";
  EXPECT_NE(all_of(past.ask(inquiry).candidates.front().speaks_against).find("called itself"),
            std::string::npos);
}

TEST(Testify, TheGatewayItselfIsNamed) {
  auto own = binding_of({.mac = kFridge});
  own.inside.source.address = address(kHome);
  own.gateway_origin = true;
  const auto testimony = Past().with(own).ask(report());
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().profile.device, DeviceId::gateway());
  EXPECT_EQ(testimony.candidates.front().graded.grade, Grade::kStrong);
}

// No translation: the device's own address is in the report.
TEST(Testify, Ipv6WithoutNat) {
  Past past;
  past.records.own.push_back(
      {{"br-lan", kGateway, address("2001:db8:1::1"), 64, false}, kNoon - 30 * 24h, std::nullopt});
  past.with({.mac = kFridge});
  past.records.bindings.clear();
  auto& attempt = past.records.attempts.back().attempt;
  attempt.flow = {{address("2001:db8:1::20"), 40000}, {address("2001:db8:9::25"), 25}, kProtocolTcp};
  Inquiry inquiry;
  inquiry.public_address = address("2001:db8:1::20");
  inquiry.port = 40000;
  inquiry.at = kNoon;
  const auto testimony = past.ask(inquiry);
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(testimony.candidates.front().match, Match::kPublicPort);
}

TEST(Testify, TheOwnersNameWins) {
  Past past;
  past.records.owner[kFridge] = {"Old fridge in the cellar", Role::kNone};
  EXPECT_EQ(past.with({.mac = kFridge}).ask(report()).candidates.front().profile.name,
            "Old fridge in the cellar");
}

// The address is the laptop's now; the question is of then.
TEST(Testify, AnAddressThatMovedSinceIsAnsweredWithTheDeviceOfThatTime) {
  Past past;
  auto moved = past.records.claims.front();
  moved.claim.mac = kLaptop;
  moved.since = moved.until = kNoon + 10min;
  past.records.claims.push_back(moved);
  past.with({.mac = kFridge, .frames = false});
  const auto testimony = past.ask(report());
  ASSERT_EQ(testimony.verdict, Verdict::kNamed);
  EXPECT_EQ(testimony.candidates.front().profile.device, DeviceId::of(kFridge));
  EXPECT_EQ(testimony.candidates.front().graded.grade, Grade::kCircumstantial);
}

}  // namespace
}  // namespace gatewitness
