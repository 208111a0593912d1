// SPDX-License-Identifier: Apache-2.0
//
// What is news, what is a repetition, and what is forgotten when there are too many things to remember.
#include "probes/dissect/repeat_filter.h"

#include <gtest/gtest.h>

namespace gatewitness::dissect {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::seconds(1'700'000'000)};

TEST(RepeatFilter, NewsAndRepetitions) {
  const struct {
    std::string_view name;
    std::string_view key, value;
    Duration after;
    bool news;
  } cases[] = {
      {"same again", "address", "mac 1", 1s, false},
      {"just before it is due", "address", "mac 1", 1h - 1us, false},
      {"when it is due", "address", "mac 1", 1h, true},
      {"at the same moment", "address", "mac 1", 0s, false},
      {"another value", "address", "mac 2", 0s, true},
      {"another key", "address 2", "mac 1", 0s, true},
      {"said in the future: the clock was set back", "address", "mac 1", -1us, true},
  };
  for (const auto& one : cases) {
    RepeatFilter filter(9);
    EXPECT_TRUE(filter.is_news("address", "mac 1", kStart, 1h));
    EXPECT_EQ(filter.is_news(std::string(one.key), one.value, kStart + one.after, 1h), one.news) << one.name;
  }
}

TEST(RepeatFilter, ARepetitionDoesNotPutOffTheNextTime) {
  RepeatFilter filter(9);
  EXPECT_TRUE(filter.is_news("k", "v", kStart, 1h));
  for (Duration at = 10min; at < 1h; at += 10min) EXPECT_FALSE(filter.is_news("k", "v", kStart + at, 1h));
  EXPECT_TRUE(filter.is_news("k", "v", kStart + 1h, 1h));
  EXPECT_FALSE(filter.is_news("k", "v", kStart + 1h + 10min, 1h));
}

TEST(RepeatFilter, ValuesThatAlternateAreNewsEachTime) {
  RepeatFilter filter(9);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(filter.is_news("address", i % 2 == 0 ? "a" : "b", kStart, 1h));
}

TEST(RepeatFilter, KeysToTheLimitAndOnePast) {
  for (const std::size_t limit : {0U, 1U, 3U}) {
    SCOPED_TRACE(limit);
    RepeatFilter filter(limit);
    const std::size_t room = std::max<std::size_t>(limit, 1);
    for (std::size_t i = 0; i < room; ++i) EXPECT_TRUE(filter.is_news(std::to_string(i), "", kStart, 1h));
    EXPECT_EQ(filter.size(), room);
    EXPECT_EQ(filter.forgotten(), 0U);
    EXPECT_FALSE(filter.is_news("0", "", kStart, 1h));
    EXPECT_TRUE(filter.is_news("one past", "", kStart, 1h));
    EXPECT_EQ(filter.size(), room);
    EXPECT_EQ(filter.forgotten(), 1U);
  }
}

TEST(RepeatFilter, LeastRecentlyHeardIsForgotten) {
  RepeatFilter filter(3);
  for (const char* key : {"a", "b", "c", "a", "d"}) (void)filter.is_news(key, "", kStart, 1h);
  EXPECT_FALSE(filter.is_news("a", "", kStart, 1h)) << "heard twice";
  EXPECT_FALSE(filter.is_news("c", "", kStart, 1h));
  EXPECT_TRUE(filter.is_news("b", "", kStart, 1h));
}

TEST(RepeatFilter, KeysHoldAnyBytes) {
  RepeatFilter filter(9);
  EXPECT_TRUE(filter.is_news(std::string("a\0b", 3), "", kStart, 1h));
  EXPECT_TRUE(filter.is_news(std::string("a\0c", 3), "", kStart, 1h));
  EXPECT_TRUE(filter.is_news("a", "", kStart, 1h));
  EXPECT_TRUE(filter.is_news("", "", kStart, 1h));
}

}  // namespace
}  // namespace gatewitness::dissect
