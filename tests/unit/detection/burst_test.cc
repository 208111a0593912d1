// SPDX-License-Identifier: Apache-2.0
//
// R1 at its edges, scans, relays, and mail servers that are taken over.
#include <gtest/gtest.h>

#include "daemon/detection/burst_rule.h"
#include "tests/unit/detection/story.h"

namespace gatewitness::test {
namespace {

constexpr uint16_t kPorts[] = {25, 465, 587};

TEST(SlidingCount, CountsTheWindowAndNothingElse) {
  SlidingCount count;
  for (int i = 0; i < 60; ++i) count.add(kMonday + i * 1s, 60s, 1);
  EXPECT_NEAR(count.within(kMonday + 59s, 60s), 60, 2);
  EXPECT_NEAR(count.within(kMonday + 90s, 60s), 30, 2);
  EXPECT_EQ(count.within(kMonday + 200s, 60s), 0U);
  count.add(kMonday + 200s, 60s, 1);
  count.add(kMonday + 200s, 60s, -1);
  count.add(kMonday + 200s, 60s, -1);
  count.add(kMonday, 60s, 1);  // long gone
  EXPECT_EQ(count.within(kMonday + 200s, 60s), 0U) << "never below nothing";
}

TEST(Burst, PoissonTail) {
  EXPECT_DOUBLE_EQ(poisson_tail(3, 0), 1);
  EXPECT_DOUBLE_EQ(poisson_tail(0, 1), 0);
  EXPECT_NEAR(poisson_tail(1, 1), 0.632, 0.001);
  EXPECT_NEAR(poisson_tail(10, 20), 0.00345, 0.00001);
}

DetectionOptions burst_alone() {
  DetectionOptions options;
  options.fan_out.enabled = options.failed_contacts.enabled = options.refusals.enabled = false;
  options.support = {false, false, false, 3};
  return options;
}

struct Case {
  const char* name;
  uint32_t attempts;
  Duration pace;
  uint32_t servers;
  Try like;
  bool want;
};

TEST(Burst, AtItsEdges) {
  const Try mail, look{.mail = false}, opaque{.tls = wire::Tls::kStarted};
  const Case cases[] = {
      {"ten in a minute", 10, 5s, 10, mail, true},
      {"nine in a minute", 9, 5s, 9, mail, false},
      {"ten, to four servers", 10, 5s, 4, mail, false},
      {"ten, to five servers", 10, 5s, 5, mail, true},
      {"twenty in ten minutes", 20, 25s, 20, mail, true},
      {"nineteen in ten minutes", 19, 25s, 19, mail, false},
      {"twenty to one server, out of nothing", 20, 25s, 1, mail, true},
      {"twenty to one server under TLS", 20, 25s, 1, opaque, false},
      {"a hundred looks at greetings", 100, 1s, 100, look, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Story story(burst_alone());
    for (uint32_t i = 0; i < c.attempts; ++i) {
      Try t = c.like;
      t.at = i * c.pace;
      t.server = 1 + i % c.servers;
      story.tries(t);
    }
    story.wait((c.attempts - 1) * c.pace + 5s);
    EXPECT_EQ(story.newest(Kind::kBurst) != nullptr, c.want);
  }
}

TEST(Burst, IsToldWithinFiveSecondsOfItsTenthAttempt) {
  Story story(burst_alone());
  for (uint32_t i = 0; i < 10; ++i) story.tries({.at = i * 1s, .server = i + 1});
  story.wait(9s + 4s);
  ASSERT_NE(story.newest(Kind::kBurst), nullptr);
  EXPECT_EQ(story.newest(Kind::kBurst)->count, 10U);
  EXPECT_EQ(story.newest(Kind::kBurst)->destinations, 10U);
}

TEST(Burst, AMailServerIsJudgedByItsOwnPeak) {
  const Known server{.role = Role::kMailServer};
  for (const bool listed : {false, true}) {
    Story story;
    uint32_t number = 0;
    for (int day = 0; day < 30; ++day) {
      const uint32_t mails = listed && day % 3 == 0 ? 100 : 5;
      for (uint32_t i = 0; i < mails; ++i)
        story.tries({.at = day * 24h + 9h + i * (listed ? 2s : 1h), .server = 1 + ++number % 500}, server);
    }
    EXPECT_FALSE(story.alarmed()) << "an honest month";
    for (uint32_t i = 0; i < 40; ++i) story.tries({.at = 40 * 24h + i * 5s, .server = 1 + i}, server);
    EXPECT_EQ(story.alarmed(), !listed) << "forty in four minutes are much only for who never did it";
  }
}

TEST(TakenOver, AMailServerWhoseMailsAreRefused) {
  const Known server{.role = Role::kMailServer};
  Story story;
  for (uint32_t i = 0; i < 40; ++i)
    story.tries({.at = i * 30min, .server = 1 + i, .refused = static_cast<uint16_t>(i % 20 == 0 ? 550 : 0)},
                server);
  EXPECT_FALSE(story.alarmed()) << "bounces";
  for (uint32_t i = 0; i < 20; ++i)
    story.tries(
        {.at = 48h + i * 30min, .server = 100 + i, .refused = static_cast<uint16_t>(i % 3 != 0 ? 550 : 0)},
        server);
  ASSERT_TRUE(story.alarmed());
  EXPECT_EQ(story.alarm()->kind, Kind::kTakenOver);
}

TEST(TakenOver, GreylistingIsNoRefusal) {
  Story story;
  for (uint32_t i = 0; i < 60; ++i)
    story.tries({.at = i * 10min, .server = 1 + i, .refused = 451}, {.role = Role::kMailServer});
  EXPECT_FALSE(story.alarmed());
}

TEST(Scan, ManyHostsOnSeveralPortsIsNamedAScan) {
  Story story;
  for (uint32_t host = 1; host <= 60; ++host) {
    for (const uint16_t port : kPorts) {
      const auto outcome = host % 3 == 0 ? wire::Outcome::kRefused : wire::Outcome::kSynOnly;
      story.tries({.at = host * 300ms, .server = host, .port = port, .outcome = outcome});
    }
  }
  story.wait(5min);
  ASSERT_NE(story.newest(Kind::kScan), nullptr);
  EXPECT_EQ(story.newest(Kind::kScan)->severity, Severity::kNotice);
  EXPECT_FALSE(story.alarmed());
}

TEST(Scan, MailAmongItIsNoScan) {
  Story story;
  for (uint32_t host = 1; host <= 20; ++host) {
    for (const uint16_t port : kPorts)
      story.tries({.at = host * 3s,
                   .server = host,
                   .port = port,
                   .outcome = port == 25 ? wire::Outcome::kClosed : wire::Outcome::kSynOnly});
  }
  story.wait(5min);
  EXPECT_TRUE(story.alarmed());
}

TEST(Relay, OneInOneOut) {
  Story story;
  for (uint32_t i = 0; i < 8; ++i) {
    story.arrives(i * 10min, 1080);
    story.tries({.at = i * 10min + 1s, .server = 1 + i, .ehlo = "mx.stranger.example"});
  }
  ASSERT_NE(story.newest(Kind::kRelay), nullptr);
  EXPECT_EQ(story.newest(Kind::kRelay)->severity, Severity::kAlarm);
}

TEST(Relay, AListIsOneInAndManyOut) {
  Story story;
  for (uint32_t i = 0; i < 5; ++i) {
    story.arrives(i * 2h);
    for (uint32_t n = 0; n < 9; ++n)
      story.tries({.at = i * 2h + 1s + n * 1s, .server = 1 + n}, {.role = Role::kMailServer});
  }
  EXPECT_EQ(story.newest(Kind::kRelay), nullptr);
}

TEST(MailServer, IsAskedAboutOnceAndNotAlarmedAbout) {
  Story story;
  for (uint32_t i = 0; i < 20; ++i) {
    story.arrives(i * 3h);
    story.tries({.at = i * 3h + 1h, .server = 1 + i, .ehlo = "mail.family.example"});
  }
  EXPECT_FALSE(story.alarmed());
  const auto asked = std::count_if(story.verdicts.begin(), story.verdicts.end(),
                                   [](const Verdict& v) { return v.ground == Ground::kAskMailServer; });
  EXPECT_EQ(asked, 1);
}

TEST(MailServer, ATelevisionIsNone) {
  Story story;
  story.arrives(0h);
  story.tries({.at = 1h, .ehlo = "mail.family.example"}, {.appliance = true});
  EXPECT_TRUE(story.alarmed());
}

}  // namespace
}  // namespace gatewitness::test
