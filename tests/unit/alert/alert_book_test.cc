// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/alert_book.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gatewitness::alert {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const Timestamp kNoon{std::chrono::seconds(1'795'000'000)};

json incident(uint64_t revision, const char* severity = "alarm", const char* id = "1") {
  return {{"id", id},
          {"revision", revision},
          {"kind", "burst"},
          {"severity", severity},
          {"grade", "strong"},
          {"grade_reasons", {"no NAT binding was recorded"}},
          {"sentence", "The fridge did it."},
          {"advice", "Unplug it."},
          {"sure", "Alarm. Quite sure."},
          {"technical", "Alarm, burst: 14 attempts."},
          {"counts", {{"attempts", 14U}, {"destinations", 7U}}},
          {"device", {{"id", "02:00:5e:10:00:01"}, {"name", "Kitchen fridge"}, {"class", "fridge"}}}};
}

std::string reason(const std::optional<json>& alert) {
  return alert ? alert->at("reason").get<std::string>() : "-";
}

TEST(AlertBook, TellsTheBeginningTheWorseningAndTheEnd) {
  AlertBook book;
  const auto first = book.consider(Change::kOpened, incident(1, "notice"), kNoon);
  EXPECT_EQ(reason(first), "opened");
  EXPECT_EQ(first->at("title"), "Kitchen fridge sends a burst of mails");
  EXPECT_EQ(first->at("text"), "The fridge did it.");
  EXPECT_EQ(first->at("sure"), "Alarm. Quite sure.");
  EXPECT_EQ(first->at("technical"), "Alarm, burst: 14 attempts.");
  EXPECT_EQ(first->at("language"), "en");
  EXPECT_EQ(first->at("severe"), false);
  const auto worse = book.consider(Change::kWorsened, incident(2), kNoon + 1s);
  EXPECT_EQ(reason(worse), "worsened");
  EXPECT_EQ(worse->at("severe"), true);
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(3), kNoon + 2s)), "-");
  EXPECT_EQ(reason(book.consider(Change::kClosed, incident(4), kNoon + 1h)), "closed");
}

TEST(AlertBook, TitlesAreInTheOwnersLanguage) {
  AlertBook german(words::Language::kGerman);
  json nameless = incident(1);
  nameless["device"]["name"] = "";
  const auto first = german.consider(Change::kOpened, nameless, kNoon);
  EXPECT_EQ(first->at("title"),
            "Der K\u00fchlschrank (02:00:5e:10:00:01) verschickt auf einmal viele E-Mails");
  EXPECT_EQ(first->at("language"), "de");
  EXPECT_EQ(first->at("incident").at("kind"), "burst") << "ids are the same in every language";
  AlertBook swedish(words::Language::kSwedish);
  json of_home = incident(1);
  of_home["device"] = nullptr;
  of_home["kind"] = "blind";
  EXPECT_EQ(swedish.consider(Change::kOpened, of_home, kNoon)->at("title"), "gatewitness kan inte se allt");
  of_home["kind"] = "of-tomorrow";
  of_home["id"] = "2";
  EXPECT_EQ(swedish.consider(Change::kOpened, of_home, kNoon)->at("title"), "gatewitness: of-tomorrow");
}

TEST(AlertBook, TheSameRevisionIsToldOnce) {
  AlertBook book;
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(3), kNoon)), "opened");
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(3), kNoon + 24h)), "-");
}

TEST(AlertBook, WhatGoesOnIsToldAgainAfterHours) {
  AlertBook book;
  (void)book.consider(Change::kOpened, incident(1), kNoon);
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(2), kNoon + 3h)), "-");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(3), kNoon + 5h)), "continues");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(4), kNoon + 6h)), "-");
}

TEST(AlertBook, HowOftenIsTheOwnersChoice) {
  AlertBook book(words::Language::kEnglish, 30min);
  (void)book.consider(Change::kOpened, incident(1), kNoon);
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(2), kNoon + 29min)), "-");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(3), kNoon + 30min)), "continues");
}

// Who was told that it is over must hear that it is not; whoever flaps is not told each time.
TEST(AlertBook, WhatOpensAgainIsToldOnceAndWhatFlapsIsNot) {
  AlertBook book;
  (void)book.consider(Change::kOpened, incident(1), kNoon);
  EXPECT_EQ(reason(book.consider(Change::kClosed, incident(2), kNoon + 10min)), "closed");
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(3), kNoon + 20min)), "reopened");
  EXPECT_EQ(reason(book.consider(Change::kClosed, incident(4), kNoon + 30min)), "closed");
  for (uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(reason(book.consider(Change::kOpened, incident(5 + 2 * i), kNoon + 40min)), "-");
    EXPECT_EQ(reason(book.consider(Change::kClosed, incident(6 + 2 * i), kNoon + 50min)), "-");
  }
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(20), kNoon + 10h)), "reopened");
}

// A flap that ends open is told at the latest when it is due.
TEST(AlertBook, WhatStaysOpenAfterFlappingIsToldWhenItIsDue) {
  AlertBook book;
  (void)book.consider(Change::kOpened, incident(1), kNoon);
  (void)book.consider(Change::kClosed, incident(2), kNoon + 1min);
  (void)book.consider(Change::kOpened, incident(3), kNoon + 2min);
  (void)book.consider(Change::kClosed, incident(4), kNoon + 3min);
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(5), kNoon + 4min)), "-");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(6), kNoon + 2h)), "-");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(7), kNoon + 4h + 3min)), "reopened");
}

// The notifier drops what is not newer than what it sent: each alert of an incident has a later revision.
TEST(AlertBook, TheRevisionRisesWithEachAlert) {
  AlertBook book;
  uint64_t last = 0;
  const std::pair<Change, Duration> story[] = {{Change::kOpened, 0s},    {Change::kExtended, 5h},
                                               {Change::kClosed, 6h},    {Change::kOpened, 7h},
                                               {Change::kExtended, 12h}, {Change::kClosed, 13h}};
  for (std::size_t i = 0; i < std::size(story); ++i) {
    const auto told = book.consider(story[i].first, incident(i + 1), kNoon + story[i].second);
    ASSERT_TRUE(told) << i;
    const auto revision = told->at("incident").at("revision").get<uint64_t>();
    EXPECT_GT(revision, last);
    last = revision;
  }
}

TEST(AlertBook, NoticesEndQuietly) {
  AlertBook book;
  (void)book.consider(Change::kOpened, incident(1, "notice"), kNoon);
  EXPECT_EQ(reason(book.consider(Change::kClosed, incident(2, "notice"), kNoon + 1h)), "-");
}

TEST(AlertBook, AMuteHasAnEndAndHoldsForItsDeviceAndKind) {
  AlertBook book;
  book.mute({"02:00:5e:10:00:01", "burst", kNoon + 1h}, kNoon);
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(1), kNoon)), "-");
  json other = incident(1, "alarm", "2");
  other["kind"] = "relay";
  EXPECT_EQ(reason(book.consider(Change::kOpened, other, kNoon)), "opened");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(2), kNoon + 2h)), "opened")
      << "never told, and goes on";
}

TEST(AlertBook, AMuteMayBeOfADeviceOrOfAKind) {
  const char* const kFridge = "02:00:5e:10:00:01";
  const struct {
    const char* name;
    Mute mute;
    bool burst, relay, of_other;  // whether these are muted
  } cases[] = {{"of the device", {kFridge, kAny, kNoon + 1h}, true, true, false},
               {"of the kind", {kAny, "burst", kNoon + 1h}, true, false, true},
               {"of both", {kFridge, "burst", kNoon + 1h}, true, false, false},
               {"of the home", {"", kAny, kNoon + 1h}, false, false, false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    AlertBook book;
    book.mute(c.mute, kNoon);
    EXPECT_EQ(book.is_muted(kFridge, "burst", kNoon), c.burst);
    EXPECT_EQ(book.is_muted(kFridge, "relay", kNoon), c.relay);
    EXPECT_EQ(book.is_muted("02:00:5e:10:00:02", "burst", kNoon), c.of_other);
    EXPECT_FALSE(book.is_muted(kFridge, "burst", kNoon + 1h)) << "it has an end";
    EXPECT_EQ(book.muted(kNoon).size(), 1U);
    EXPECT_TRUE(book.muted(kNoon + 1h).empty());
    book.mute({c.mute.device, c.mute.kind, kNoon}, kNoon);
    EXPECT_TRUE(book.muted(kNoon).empty()) << "taken back";
  }
}

TEST(AlertBook, MutesAreBoundedAndThoseThatEndFirstGo) {
  AlertBook book;
  for (std::size_t i = 0; i <= AlertBook::kMaxKnown; ++i)
    book.mute({std::to_string(i), kAny, kNoon + 1h + i * 1s}, kNoon);
  EXPECT_EQ(book.muted(kNoon).size(), AlertBook::kMaxKnown);
  EXPECT_FALSE(book.is_muted("0", "burst", kNoon));
  EXPECT_TRUE(book.is_muted("1", "burst", kNoon));
}

TEST(AlertBook, KnowsAfterARestartWhatWasTold) {
  AlertBook before;
  const auto told = before.consider(Change::kOpened, incident(1), kNoon);
  AlertBook after;
  after.told(*told);
  EXPECT_EQ(reason(after.consider(Change::kOpened, incident(1), kNoon + 1s)), "-");
  EXPECT_EQ(reason(after.consider(Change::kClosed, incident(2), kNoon + 2s)), "closed");
}

json quarantine(const char* until = "2026-11-25T12:03:11.000000Z", const char* scope = "mail") {
  return {{"device", "02:00:5e:10:00:01"},
          {"mac", "02:00:5e:10:00:01"},
          {"name", "Fridge"},
          {"scope", scope},
          {"until", until},
          {"automatic", true},
          {"incident", "1"},
          {"sentence", "Blocked, automatically."}};
}

TEST(AlertBook, AQuarantineByItselfIsToldOnceWhateverIsMuted) {
  AlertBook book;
  const auto opened = book.consider(Change::kOpened, incident(1), kNoon);
  book.mute({"02:00:5e:10:00:01", "burst", kNoon + 1h}, kNoon);
  const auto first = book.consider(quarantine(), incident(1), kNoon);
  ASSERT_EQ(reason(first), "quarantined");
  EXPECT_EQ(first->at("title"), "Kitchen fridge may not send mail");
  EXPECT_EQ(first->at("text"),
            "Kitchen fridge is blocked until 2026-11-25 12:03 UTC, automatically, because of incident #1 "
            "(guard.automatic is on). `gatewitness unblock 02:00:5e:10:00:01` ends it.");
  EXPECT_EQ(first->at("incident").at("id"), "1");
  EXPECT_EQ(first->at("severe"), true);
  EXPECT_EQ(reason(book.consider(quarantine(), incident(1), kNoon + 1s)), "-");
  AlertBook restarted;
  restarted.told(*opened);
  restarted.told(*first);
  EXPECT_EQ(reason(restarted.consider(quarantine(), incident(1), kNoon + 1s)), "-");
  EXPECT_EQ(reason(restarted.consider(Change::kExtended, incident(2), kNoon + 3h)), "-")
      << "and it does not count as news of its incident";
  const auto next = book.consider(quarantine("2026-11-27T12:03:11.000000Z", "all"), nullptr, kNoon + 48h);
  ASSERT_EQ(reason(next), "quarantined");
  EXPECT_EQ(next->at("title"), "Fridge is cut off") << "its incident is forgotten, its name is not";
  EXPECT_EQ(next->at("incident").at("severity"), "alarm") << "for channels that want nothing less";
}

}  // namespace
}  // namespace gatewitness::alert
