// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/queue_policy.h"

#include <gtest/gtest.h>

namespace gatewitness::alert {
namespace {

Waiting entry(int64_t id, const char* incident, uint64_t revision, bool severe = false,
              bool in_flight = false, uint32_t collapsed = 0) {
  return {id, incident, revision, severe, in_flight, collapsed};
}

TEST(Admit, TheFirstOfAnIncident) {
  const auto result = admit({}, "e/1", 1, std::nullopt, 16);
  EXPECT_TRUE(result.admitted);
  EXPECT_TRUE(result.stale.empty());
  EXPECT_FALSE(result.overflow);
}

TEST(Admit, ALaterRevisionStandsForTheEarlierOnes) {
  const Waiting waiting[] = {entry(1, "e/1", 1, false, false, 2), entry(2, "e/2", 9), entry(3, "e/1", 2)};
  const auto result = admit(waiting, "e/1", 3, std::nullopt, 16);
  EXPECT_EQ(result.stale, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(result.collapsed, 4U);
}

TEST(Admit, WhatIsOnItsWayStays) {
  const Waiting waiting[] = {entry(1, "e/1", 1, false, true)};
  const auto result = admit(waiting, "e/1", 2, std::nullopt, 16);
  EXPECT_TRUE(result.admitted);
  EXPECT_TRUE(result.stale.empty());
}

TEST(Admit, WhatWasSentOrWaitsIsNotTakenAgain) {
  const Waiting waiting[] = {entry(1, "e/1", 5)};
  const struct {
    uint64_t revision;
    std::optional<uint64_t> sent;
    bool admitted;
  } cases[] = {
      {5, std::nullopt, false}, {4, std::nullopt, false}, {6, 6, false}, {6, 7, false}, {6, 5, true}};
  for (const auto& c : cases) {
    const auto result = admit(waiting, "e/1", c.revision, c.sent, 16);
    EXPECT_EQ(result.admitted, c.admitted) << c.revision;
    EXPECT_EQ(result.duplicate, !c.admitted) << c.revision;
    EXPECT_TRUE(c.admitted || result.stale.empty());
  }
}

TEST(Admit, ATestIsNeverADouble) {
  const Waiting waiting[] = {entry(1, "", 0)};
  EXPECT_TRUE(admit(waiting, "", 0, std::nullopt, 16).admitted);
}

TEST(Admit, AFullQueueLosesTheOldestThatIsNotSevere) {
  const Waiting waiting[] = {entry(1, "e/1", 1, true), entry(2, "e/2", 1, false, true), entry(3, "e/3", 1),
                             entry(4, "e/4", 1)};
  EXPECT_FALSE(admit(waiting, "e/5", 1, std::nullopt, 5).overflow);
  EXPECT_EQ(admit(waiting, "e/5", 1, std::nullopt, 4).overflow, 3);
  // What makes room by being stale spares the others.
  EXPECT_FALSE(admit(waiting, "e/4", 2, std::nullopt, 4).overflow);
  const Waiting severe[] = {entry(1, "e/1", 1, true), entry(2, "e/2", 1, true)};
  EXPECT_EQ(admit(severe, "e/5", 1, std::nullopt, 2).overflow, 1);
}

TEST(Wants, SeverityAndName) {
  Channel channel;
  channel.name = "phone";
  Alert alert;
  alert.severity = "notice";
  EXPECT_TRUE(wants(channel, alert));
  alert.channel = "other";
  EXPECT_FALSE(wants(channel, alert));
  alert.channel = "phone";
  EXPECT_TRUE(wants(channel, alert));
  channel.alarms_only = true;
  EXPECT_FALSE(wants(channel, alert));
  alert.severity = "alarm";
  EXPECT_TRUE(wants(channel, alert));
  alert = test_alert({});
  EXPECT_TRUE(wants(channel, alert));
}

TEST(NextOf, InOrderAndOnlySevereOnesWhenQuiet) {
  const Waiting waiting[] = {entry(1, "a", 1), entry(2, "b", 1, true), entry(3, "c", 1, true)};
  using Ids = std::vector<int64_t>;
  EXPECT_EQ(next_of(waiting, false, 1), Ids{1});
  EXPECT_EQ(next_of(waiting, true, 1), Ids{2});
  EXPECT_EQ(next_of(waiting, false, 2), (Ids{1, 2}));
  EXPECT_EQ(next_of(waiting, true, 9), (Ids{2, 3})) << "only what is severe is in a group at night";
  EXPECT_EQ(next_of(std::span(waiting).first(1), true, 9), Ids{});
  EXPECT_EQ(next_of({}, false, 9), Ids{});
}

TEST(IsGrouped, PeopleAreToldOnceAndProgramsGetEach) {
  for (const auto type :
       {ChannelType::kNtfy, ChannelType::kGotify, ChannelType::kWebPush, ChannelType::kApprise})
    EXPECT_TRUE(is_grouped(type)) << type_name(type);
  for (const auto type : {ChannelType::kMqtt, ChannelType::kWebhook, ChannelType::kExec})
    EXPECT_FALSE(is_grouped(type)) << type_name(type);
}

}  // namespace
}  // namespace gatewitness::alert
