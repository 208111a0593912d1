// SPDX-License-Identifier: Apache-2.0
//
// What must survive: restarts, clocks that are set, hostile amounts.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/detection/story.h"

namespace gatewitness::test {
namespace {

std::string figures(const Story& story) {
  std::string text;
  for (const auto& v : story.verdicts)
    text +=
        std::string(to_string(v.rule)) + " " + std::to_string(v.count) + " " + std::to_string(v.score) + "\n";
  return text;
}

// All rules have something to remember.
void live(Story& story, bool restarting) {
  for (uint32_t i = 0; i < 40; ++i) {
    if (restarting) story.restart();
    story.asks(i * 5h, "d" + std::to_string(i) + ".example");
    story.tries({.at = i * 5h + 1min,
                 .server = 1 + i % 9,
                 .refused = static_cast<uint16_t>(i % 2 == 0 ? 550 : 0),
                 .ehlo = "e" + std::to_string(i % 5),
                 .domain = "d" + std::to_string(i % 7),
                 .dialect = wire::kLiteralEhlo});
    if (restarting) story.restart();
    story.tries({.at = i * 5h + 2min, .server = 50 + i, .outcome = wire::Outcome::kSynOnly});
    if (restarting) story.restart();  // with an attempt that waits for its answer
    story.tries({.at = i * 5h + 3min, .server = 100 + i % 8, .port = 587, .login = true, .identity = i % 4});
    story.arrives(i * 5h + 4min);
    for (uint32_t n = 0; n < 12; ++n)
      story.tries({.at = i * 5h + 10min + n * 1s,
                   .server = 200 + n,
                   .port = static_cast<uint16_t>(n % 2 == 0 ? 25 : 465)});
    story.wait(i * 5h + 1h);
  }
}

TEST(State, ARestartChangesNothing) {
  Story straight, restarted;
  live(straight, false);
  live(restarted, true);
  EXPECT_FALSE(straight.verdicts.empty());
  EXPECT_EQ(figures(straight), figures(restarted));
}

TEST(State, WhatIsUnreadableThrows) {
  Detector detector{DetectionOptions{}};
  for (const char* text : {"{}", "[]", "null", R"(["now", 0])"})
    EXPECT_THROW(detector.restore("clock", nlohmann::json::parse(text)), nlohmann::json::exception) << text;
  EXPECT_THROW(detector.restore("contacts", nlohmann::json::parse(R"([["no device",[]]])")),
               nlohmann::json::exception);
  EXPECT_NO_THROW(detector.restore("of a later version", nlohmann::json(7)));
}

TEST(Clock, FromNineteenSeventyToNow) {
  // Two new servers before the clock is set, two after: the four count together, and nothing alarms earlier.
  Story story;
  story.step_clock(Timestamp{} - kMonday + 1h);
  for (uint32_t i = 1; i <= 2; ++i) story.tries({.at = i * 1min, .server = i});
  story.step_clock(Duration{});
  story.tries({.at = 3min, .server = 1});
  EXPECT_FALSE(story.alarmed());
  for (uint32_t i = 3; i <= 5; ++i) story.tries({.at = i * 1h, .server = i});
  EXPECT_TRUE(story.alarmed());
}

TEST(Clock, BackToNineteenSeventyAtARestart) {
  Story story;
  for (uint32_t i = 1; i <= 3; ++i) story.tries({.at = i * 1h, .server = i});
  EXPECT_FALSE(story.alarmed());
  story.restart();
  story.step_clock(Timestamp{} - kMonday);
  for (uint32_t i = 0; i < 5; ++i) story.tries({.at = 5h + i * 1min, .server = 1});  // known servers
  EXPECT_FALSE(story.alarmed());
  story.step_clock(Duration{});
  for (uint32_t i = 4; i <= 6; ++i) story.tries({.at = i * 1h + 4h, .server = i});
  EXPECT_TRUE(story.alarmed()) << "nothing was forgotten";
}

TEST(Clock, AnOldServerIsNewAgainAfterAMonth) {
  Contacts contacts(24h * 30);
  EXPECT_TRUE(contacts.note(kDevice, 1, kMonday));
  EXPECT_FALSE(contacts.note(kDevice, 1, kMonday + 24h * 30));
  EXPECT_TRUE(contacts.note(kDevice, 1, kMonday + 24h * 61));
}

TEST(Bounds, ContactsAtTheirLimit) {
  Contacts contacts(24h * 30);
  for (uint64_t i = 0; i < Contacts::kMaxPerDevice; ++i) contacts.note(kDevice, i, kMonday + i * 1s);
  EXPECT_FALSE(contacts.note(kDevice, 0, kMonday + 1h)) << "at the limit all are known";
  contacts.note(kDevice, 9999, kMonday + 2h);
  EXPECT_TRUE(contacts.note(kDevice, 1, kMonday + 3h)) << "one past it the oldest is new again";
  EXPECT_FALSE(contacts.note(kDevice, 0, kMonday + 3h)) << "the one just used is not";
}

TEST(Bounds, SettlementsAtTheirLimit) {
  Settlements waiting(10s, 60s);
  wire::Attempt attempt;
  for (uint64_t i = 1; i <= Settlements::kMaxWaiting + 1; ++i) {
    attempt.started = kMonday + i * 1ms;
    Sighting sighting{kDevice, attempt};
    sighting.number = i;
    sighting.first = sighting.port25 = true;
    sighting.when = attempt.started;
    EXPECT_FALSE(waiting.observe(sighting).has_value());
  }
  EXPECT_EQ(waiting.tick(kMonday + 1h).size(), Settlements::kMaxWaiting);
  EXPECT_EQ(waiting.next_deadline(), std::nullopt);
}

// The state of one busy bot, as it is saved: what a device can make the daemon keep has an end.
TEST(Bounds, AnEndlessBotFillsNothing) {
  const auto size_after = [](uint32_t attempts) {
    Story story;
    for (uint32_t i = 0; i < attempts; ++i) {
      story.asks(i * 10s, "d" + std::to_string(i) + ".example");
      story.tries({.at = i * 10s + 1s,
                   .server = i % 60'000,
                   .outcome = i % 3 == 0 ? wire::Outcome::kSynOnly : wire::Outcome::kClosed,
                   .refused = 550,
                   .ehlo = "e" + std::to_string(i),
                   .domain = "d" + std::to_string(i)});
      story.tries({.at = i * 10s + 2s,
                   .server = i % 60'000,
                   .port = 587,
                   .login = true,
                   .identity = i,
                   .ehlo = "e" + std::to_string(i),
                   .domain = "d" + std::to_string(i)});
      story.arrives(i * 10s + 5s);
      story.verdicts.clear();
    }
    std::size_t size = 0;
    for (const auto& part : story.detector().parts())
      size += nlohmann::json::to_cbor(story.detector().save(part)).size();
    return size;
  };
  const std::size_t some = size_after(2000), many = size_after(6000);
  EXPECT_LT(many, some + some / 20);
  EXPECT_LT(many, 16'384U);
}

TEST(Rhythm, ThriceADayIsSeenAndChanceIsNot) {
  std::vector<uint32_t> minutes;
  for (uint32_t day = 0; day < 5; ++day) {
    for (const uint32_t hour : {6U, 13U, 20U}) minutes.push_back(day * 1440 + hour * 60 + day * 2);
  }
  const Rhythm rhythm = rhythm_of(minutes);
  EXPECT_LT(rhythm.chance, 1e-3);
  EXPECT_EQ(rhythm.phases_min.size(), 3U);
  EXPECT_EQ(rhythm.days, 5U);
  // Spread over the day.
  minutes.clear();
  for (uint32_t i = 0; i < 24; ++i) minutes.push_back(i * 397);
  EXPECT_GT(rhythm_of(minutes).chance, 0.01);
  EXPECT_TRUE(rhythm_of({1, 2, 3}).phases_min.empty()) << "one occasion is no rhythm";
}

}  // namespace
}  // namespace gatewitness::test
