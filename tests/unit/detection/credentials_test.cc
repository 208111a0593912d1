// SPDX-License-Identifier: Apache-2.0
//
// R4: logins that are not the owner's, and the people who only look like it.
#include <gtest/gtest.h>

#include "tests/unit/detection/story.h"

namespace gatewitness::test {
namespace {

const Try kOpaque{.port = 587, .tls = wire::Tls::kStarted, .ehlo = "[192.168.1.20]", .bytes = 9000};

TEST(Credentials, ProvidersInADay) {
  struct Case {
    const char* name;
    uint32_t providers;
    Duration pace;
    Known known;
    bool want;
  };
  const Case cases[] = {
      {"a guest with five accounts", 5, 1min, {}, false},
      {"six providers in an hour", 6, 10min, {}, true},
      {"seven within a month", 7, 24h * 2, {}, true},
      {"one new provider each month", 8, 24h * 31, {}, false},
      {"a television with two", 2, 1h, {.appliance = true}, false},
      {"a television with three", 3, 1h, {.appliance = true}, true},
      {"a repeater is not itself the television", 3, 1h, {.appliance = true, .shared = true}, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Story story;
    for (uint32_t i = 0; i < c.providers; ++i) {
      Try t = kOpaque;
      t.at = i * c.pace;
      t.server = 1 + i;
      story.tries(t, c.known);
    }
    EXPECT_EQ(story.alarmed(), c.want);
    if (story.alarmed()) {
      EXPECT_EQ(story.alarm()->kind, Kind::kCredentialAbuse);
    }
  }
}

TEST(Credentials, NamesAtOneProvider) {
  struct Case {
    const char* name;
    uint32_t names;
    bool as_ehlo, as_login, as_domain;
    bool want;
  };
  const Case cases[] = {
      {"four EHLO names", 4, true, false, false, true},
      {"three EHLO names", 3, true, false, false, false},
      {"four logins", 4, false, true, false, true},
      {"a test script: one login, many senders", 12, false, false, true, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Story story;
    for (uint32_t i = 0; i < c.names; ++i) {
      Try t{.at = i * 10min, .port = 587, .login = true};
      if (c.as_ehlo) t.ehlo = "user-" + std::to_string(i);
      if (c.as_login) t.identity = 100 + i;
      if (c.as_domain) t.domain = "d" + std::to_string(i) + ".example";
      story.tries(t);
    }
    EXPECT_EQ(story.alarmed(), c.want);
  }
}

TEST(Credentials, AddressesInBracketsAreNoNames) {
  Story story;
  for (uint32_t i = 0; i < 10; ++i) {
    Try t = kOpaque;
    t.at = i * 1h;
    t.ehlo = "[192.168.1." + std::to_string(i) + "]";
    story.tries(t);
  }
  EXPECT_FALSE(story.alarmed());
}

TEST(Credentials, RefusedLoginsUnderTls) {
  struct Case {
    const char* name;
    uint32_t count;
    Duration pace;
    uint32_t providers;
    uint64_t bytes;
    bool want;
  };
  const Case cases[] = {
      {"ten in ten minutes at two providers", 10, 50s, 2, 1000, true},
      {"nine", 9, 50s, 2, 1000, false},
      {"an old password in a phone: thirteen at one", 13, 45s, 1, 1000, false},
      {"eighteen at one", 18, 30s, 1, 1000, true},
      {"a newsletter's sessions carry mails", 100, 5s, 1, 6000, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Story story;
    for (uint32_t i = 0; i < c.count; ++i) {
      Try t = kOpaque;
      t.at = i * c.pace;
      t.server = 1 + i % c.providers;
      t.bytes = c.bytes;
      story.tries(t);
    }
    EXPECT_EQ(story.alarmed(), c.want);
  }
}

TEST(Credentials, SenderDomainsOnPort25) {
  Story story;
  for (uint32_t i = 0; i < 16 && !story.alarmed(); ++i)
    story.tries({.at = i * 2h, .server = 1, .domain = "d" + std::to_string(i) + ".example"});
  ASSERT_FALSE(story.alarmed()) << "capped: forged senders alone, accepted by one server, are not enough";
  for (uint32_t i = 0; i < 6 && !story.alarmed(); ++i)
    story.tries({.at = 48h + i * 2h, .server = 1, .refused = 550, .domain = "e.example"});
  EXPECT_TRUE(story.alarmed());
}

}  // namespace
}  // namespace gatewitness::test
