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

TEST(AlertBook, WhatOpensAndClosesAgainAndAgainIsNotToldEachTime) {
  AlertBook book;
  (void)book.consider(Change::kOpened, incident(1), kNoon);
  (void)book.consider(Change::kClosed, incident(2), kNoon + 10min);
  for (uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(reason(book.consider(Change::kOpened, incident(3 + 2 * i), kNoon + 20min)), "-");
    EXPECT_EQ(reason(book.consider(Change::kClosed, incident(4 + 2 * i), kNoon + 30min)), "-");
  }
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(20), kNoon + 10h)), "reopened");
}

TEST(AlertBook, NoticesEndQuietly) {
  AlertBook book;
  (void)book.consider(Change::kOpened, incident(1, "notice"), kNoon);
  EXPECT_EQ(reason(book.consider(Change::kClosed, incident(2, "notice"), kNoon + 1h)), "-");
}

TEST(AlertBook, AMuteHasAnEndAndHoldsForItsDeviceAndKind) {
  AlertBook book;
  book.mute({"02:00:5e:10:00:01", "burst", kNoon + 1h});
  EXPECT_EQ(reason(book.consider(Change::kOpened, incident(1), kNoon)), "-");
  json other = incident(1, "alarm", "2");
  other["kind"] = "relay";
  EXPECT_EQ(reason(book.consider(Change::kOpened, other, kNoon)), "opened");
  EXPECT_EQ(reason(book.consider(Change::kExtended, incident(2), kNoon + 2h)), "opened")
      << "never told, and goes on";
}

TEST(AlertBook, KnowsAfterARestartWhatWasTold) {
  AlertBook before;
  const auto told = before.consider(Change::kOpened, incident(1), kNoon);
  AlertBook after;
  after.told(*told);
  EXPECT_EQ(reason(after.consider(Change::kOpened, incident(1), kNoon + 1s)), "-");
  EXPECT_EQ(reason(after.consider(Change::kClosed, incident(2), kNoon + 2s)), "closed");
}

}  // namespace
}  // namespace gatewitness::alert
