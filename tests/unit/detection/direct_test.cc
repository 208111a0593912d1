// SPDX-License-Identifier: Apache-2.0
//
// Mail straight to exchangers: who is alarmed about, at which attempt, and who is left alone.
#include <gtest/gtest.h>

#include "tests/unit/detection/story.h"

namespace gatewitness::test {
namespace {

// Tries until the alarm; 0: none within so many.
uint32_t attempts_to_alarm(uint32_t most, Duration pace, const Try& like, const Known& known,
                           bool new_servers, bool asks = false) {
  Story story;
  for (uint32_t i = 1; i <= most; ++i) {
    Try t = like;
    t.at = i * pace;
    t.server = new_servers ? i : 1;
    if (asks) story.asks(t.at - 1s, "d" + std::to_string(i) + ".example");
    story.tries(t, known);
    story.wait(t.at + 15s);
    if (story.alarmed()) return i;
  }
  return 0;
}

struct Case {
  const char* name;
  Duration pace;
  Try like;
  Known known;
  bool new_servers;
  bool asks;
  uint32_t want;
};

TEST(Direct, AlarmsAtTheAttempt) {
  const Try in_clear, silent{.outcome = wire::Outcome::kSynOnly}, reset{.outcome = wire::Outcome::kRefused};
  const Try opaque{.tls = wire::Tls::kStarted}, look{.mail = false}, by_login{.login = true};
  const Try opaque_relay{.tls = wire::Tls::kStarted, .banner = "smtp.provider.example ESMTP"};
  const Case cases[] = {
      {"an appliance, in the clear", 1h, in_clear, {.appliance = true}, true, false, 1},
      {"an appliance that gets no answer", 1h, silent, {.appliance = true}, true, false, 1},
      {"an appliance under TLS at an exchanger", 1h, opaque, {.appliance = true}, true, false, 1},
      {"an appliance under TLS at a relay may mail its owner",
       1h,
       opaque_relay,
       {.appliance = true},
       false,
       false,
       0},
      {"... but not at two", 1h, opaque_relay, {.appliance = true}, true, false, 2},
      {"... nor after an MX query", 1h, opaque_relay, {.appliance = true}, false, true, 1},
      {"an appliance that logs in", 1h, by_login, {.appliance = true}, false, false, 0},
      {"a computer, ever new servers", 6h, in_clear, {}, true, false, 4},
      {"... under TLS", 6h, opaque, {}, true, false, 4},
      {"... after MX queries", 6h, in_clear, {}, true, true, 2},
      {"... that do not answer", 1h, silent, {}, true, false, 3},
      {"... that refuse the connection", 1h, reset, {}, true, false, 3},
      {"a computer, one server", 6h, in_clear, {}, false, false, 0},
      {"a computer that looks at greetings", 5min, look, {}, true, false, 0},
      {"a computer that logs in on port 25", 6h, by_login, {}, false, false, 0},
      {"an enrolled mail server", 30min, in_clear, {.role = Role::kMailServer}, true, false, 0},
      {"its smarthost", 1h, in_clear, {.smarthost = true}, false, false, 0},
      {"a smarthost that is down", 20s, silent, {.smarthost = true}, false, false, 0},
      {"one server that is down, every 20 s", 20s, silent, {}, false, false, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(attempts_to_alarm(30, c.pace, c.like, c.known, c.new_servers, c.asks), c.want);
  }
}

TEST(Direct, TheFirstAttemptIsANotice) {
  Story story;
  story.tries({});
  ASSERT_EQ(story.verdicts.size(), 1U);
  EXPECT_EQ(story.verdicts[0].severity, Severity::kNotice);
  EXPECT_EQ(story.verdicts[0].rule, RuleId::kPolicy);
}

TEST(Direct, AKnownServerIsNotToldAgainTheNextDay) {
  Story story;
  story.tries({.at = 0h});
  story.tries({.at = 30min});
  EXPECT_EQ(story.verdicts.size(), 2U) << "it goes on";
  story.tries({.at = 24h});
  EXPECT_EQ(story.verdicts.size(), 2U);
}

TEST(Direct, ABetterKnownDeviceIsNoNewAttempt) {
  Story story;
  story.tries({.refused = 550, .list = "x", .dialect = wire::kLiteralEhlo});
  for (int i = 0; i < 50; ++i) story.becomes({});
  EXPECT_FALSE(story.alarmed()) << "one refusal, however often its name changes";
  story.becomes({.appliance = true});
  EXPECT_TRUE(story.alarmed()) << "a television, as it turns out";
}

TEST(Direct, TheAccountSaysWhatItRestsOn) {
  Story story;
  for (uint32_t i = 1; i <= 3; ++i)
    story.tries({.at = i * 1h,
                 .server = i,
                 .refused = 550,
                 .list = "zen.spamhaus.org",
                 .domain = "d" + std::to_string(i)});
  const Verdict* alarm = story.alarm();
  ASSERT_NE(alarm, nullptr);
  EXPECT_EQ(alarm->rule, RuleId::kAccount);
  EXPECT_EQ(alarm->kind, Kind::kDirectToMx);
  EXPECT_GE(alarm->score, alarm->bound);
  ASSERT_GE(alarm->shares.size(), 2U);
  EXPECT_EQ(alarm->shares[0].rule, RuleId::kFanOut);
  double sum = 0;
  for (const auto& share : alarm->shares) sum += share.weight;
  EXPECT_NEAR(sum, alarm->score, 1e-6);
}

TEST(Direct, WhatOnlySupportsNeverSpeaksAlone) {
  Story story;
  for (uint32_t i = 0; i < 60; ++i) story.asks(i * 1min, "d" + std::to_string(i) + ".example");
  EXPECT_FALSE(story.alarmed());
}

TEST(Direct, OldEvidenceFades) {
  for (const bool soon : {true, false}) {
    Story story;
    for (uint32_t i = 1; i <= 5; ++i) story.tries({.at = i * (soon ? 24h : 24h * 14), .server = i});
    EXPECT_EQ(story.alarmed(), soon);
  }
}

TEST(Direct, SeparateAlarmsAreTheWeakerAlternative) {
  DetectionOptions options;
  options.account.enabled = false;
  Story together, apart(options);
  for (Story* story : {&together, &apart}) {
    for (uint32_t i = 1; i <= 2; ++i)
      story->tries(
          {.at = i * 1h, .server = i, .refused = 550, .list = "x", .domain = "d" + std::to_string(i)});
    for (uint32_t i = 1; i <= 2; ++i)
      story->tries(
          {.at = i * 1h + 1min, .server = i, .refused = 550, .list = "x", .domain = "e" + std::to_string(i)});
  }
  EXPECT_TRUE(together.alarmed());
  EXPECT_FALSE(apart.alarmed());
}

}  // namespace
}  // namespace gatewitness::test
