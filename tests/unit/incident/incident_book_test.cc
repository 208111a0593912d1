// SPDX-License-Identifier: Apache-2.0
//
// The life of an incident: opened, worsened, extended, closed after quiet, opened again; and when the gateway
// itself cannot see.
#include "daemon/incident/incident_book.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

using namespace std::chrono_literals;
using What = IncidentChange::What;

const Timestamp kNoon{std::chrono::seconds(1'795'000'000)};
const DeviceId kFridge = DeviceId::of(MacAddress{{2, 0, 0x5e, 0x10, 0, 1}});

Verdict verdict(Severity severity = Severity::kAlarm, Kind kind = Kind::kBurst) {
  Verdict out;
  out.rule = RuleId::kBurst;
  out.device = kFridge;
  out.kind = kind;
  out.severity = severity;
  return out;
}

class Book : public testing::Test {
 protected:
  // What changed since the last look, in order.
  std::vector<What> changes() {
    std::vector<What> out;
    for (const auto& change : book_.take_changes()) {
      out.push_back(change.what);
      const Incident* incident = book_.find(change.number);
      if (incident == nullptr) continue;
      last_ = *incident;
    }
    return out;
  }
  using Changes = std::vector<What>;

  IncidentOptions options_;
  IncidentBook book_{options_};
  Incident last_;
};

TEST_F(Book, OpensWorsensGoesOnClosesAndOpensAgain) {
  book_.conclude(verdict(Severity::kNotice), {}, kNoon);
  EXPECT_EQ(changes(), Changes{What::kOpened});
  const uint32_t first = last_.revision;
  book_.conclude(verdict(), {}, kNoon + 1min);
  EXPECT_EQ(changes(), Changes{What::kWorsened});
  book_.conclude(verdict(Severity::kNotice), {}, kNoon + 2min);
  EXPECT_EQ(changes(), Changes{What::kExtended});
  EXPECT_EQ(last_.severity, Severity::kAlarm) << "it stays as grave as it was";
  EXPECT_EQ(book_.next_deadline(), kNoon + 2min + options_.quiet);
  book_.tick(kNoon + 2min + options_.quiet - 1us);
  EXPECT_EQ(changes(), Changes{});
  book_.tick(kNoon + 2min + options_.quiet);
  EXPECT_EQ(changes(), Changes{What::kClosed});
  EXPECT_FALSE(last_.open);
  book_.conclude(verdict(), {}, kNoon + 1h * 24);
  EXPECT_EQ(changes(), Changes{What::kOpened});
  EXPECT_EQ(last_.number, 1U) << "the same one";
  EXPECT_EQ(last_.revision, first + 4) << "each change has its revision";
}

TEST_F(Book, ClosedForLongItIsANewOne) {
  book_.conclude(verdict(), {}, kNoon);
  book_.tick(kNoon + options_.quiet);
  book_.conclude(verdict(), {}, kNoon + options_.quiet + options_.reopen + 1us);
  (void)changes();
  EXPECT_EQ(last_.number, 2U);
}

TEST_F(Book, EachKindOfADeviceHasItsOwn) {
  book_.conclude(verdict(), {}, kNoon);
  book_.conclude(verdict(Severity::kAlarm, Kind::kRelay), {}, kNoon);
  EXPECT_EQ(changes(), (Changes{What::kOpened, What::kOpened}));
  EXPECT_EQ(book_.all().size(), 2U);
}

TEST_F(Book, ASilentProbeIsAnAlarmThatIsToldAgainAndEndsWithItsWord) {
  book_.blind(Blindness::kSilent, "capture", true, kNoon);
  EXPECT_EQ(changes(), Changes{What::kOpened});
  EXPECT_EQ(last_.severity, Severity::kAlarm);
  EXPECT_EQ(last_.device, DeviceId::gateway());
  book_.blind(Blindness::kSilent, "capture", true, kNoon + 59min);
  EXPECT_EQ(changes(), Changes{});
  EXPECT_EQ(book_.next_deadline(), kNoon + IncidentBook::kStillBlind);
  const uint32_t before = last_.revision;
  book_.blind(Blindness::kSilent, "capture", true, kNoon + 1h);
  EXPECT_EQ(changes(), Changes{What::kExtended});
  EXPECT_EQ(last_.revision, before + 1) << "or the notifier would take it for told";
  book_.tick(kNoon + 24h);
  EXPECT_EQ(changes(), Changes{}) << "silence is not quiet";
  book_.blind(Blindness::kSilent, "capture", false, kNoon + 24h);
  EXPECT_EQ(changes(), Changes{What::kClosed});
  book_.blind(Blindness::kSilent, "capture", false, kNoon + 25h);
  EXPECT_EQ(changes(), Changes{});
}

TEST_F(Book, DropsAndOffloadAreToldOnceAndEndByThemselves) {
  for (const Blindness cause : {Blindness::kDrops, Blindness::kOffload}) {
    SCOPED_TRACE(to_string(cause));
    IncidentBook book(options_);
    for (int i = 0; i < 100; ++i) book.missed(cause, "capture", kNoon + i * 10s);
    const auto first = book.take_changes();
    ASSERT_EQ(first.size(), 1U) << "not each is news";
    EXPECT_EQ(book.find(1)->severity, Severity::kNotice);
    EXPECT_EQ(book.next_deadline(), kNoon + 990s + options_.quiet);
    book.tick(kNoon + 990s + options_.quiet);
    ASSERT_EQ(book.take_changes().size(), 1U);
    EXPECT_FALSE(book.find(1)->open);
    book.missed(cause, "capture", kNoon + 5h);
    book.missed(cause, "capture", kNoon + 6h);
    const auto later = book.take_changes();
    ASSERT_EQ(later.size(), 2U);
    EXPECT_EQ(later[0].what, What::kOpened);
    EXPECT_EQ(later[1].what, What::kExtended) << "still, after an hour";
  }
}

TEST_F(Book, CausesAndProbesDoNotMix) {
  book_.blind(Blindness::kSilent, "capture", true, kNoon);
  book_.missed(Blindness::kDrops, "capture", kNoon);
  book_.missed(Blindness::kDrops, "kernel", kNoon);
  book_.blind(Blindness::kJournal, "", true, kNoon);
  EXPECT_EQ(book_.all().size(), 4U);
  book_.blind(Blindness::kJournal, "", false, kNoon + 1s);
  std::size_t open = 0;
  for (const auto& incident : book_.all()) open += incident.open ? 1 : 0;
  EXPECT_EQ(open, 3U);
}

class FullBook : public Book {
 protected:
  static constexpr std::size_t kRoom = 16;
  FullBook() {
    options_.incidents = kRoom;
    book_ = IncidentBook(options_);
  }
  void speak(uint8_t device, Severity severity, Timestamp now) {
    Verdict spoken = verdict(severity);
    spoken.device = DeviceId::of(MacAddress{{2, 0, 0, 0, 0, device}});
    book_.conclude(spoken, {}, now);
  }
  std::optional<Severity> worst(uint8_t device) const {
    return book_.worst_open(DeviceId::of(MacAddress{{2, 0, 0, 0, 0, device}}));
  }
  bool open(uint8_t device) const {
    return book_.is_open(DeviceId::of(MacAddress{{2, 0, 0, 0, 0, device}}), Kind::kBurst);
  }
};

TEST_F(FullBook, WhatIsOpenStaysAndThatOthersHaveNoneIsToldOnce) {
  for (uint8_t device = 0; device < kRoom; ++device) speak(device, Severity::kAlarm, kNoon);
  EXPECT_EQ(changes(), Changes(kRoom, What::kOpened));
  for (int round = 0; round < 3; ++round) {
    for (uint8_t device = 0; device < 3 * kRoom; ++device)
      speak(device, Severity::kAlarm, kNoon + round * 1min);
  }
  std::size_t opened = 0;
  for (const auto& change : book_.take_changes()) opened += change.what == What::kOpened ? 1 : 0;
  EXPECT_EQ(opened, 1U) << "and that is:";
  EXPECT_EQ(book_.all().back().blindness, Blindness::kFull);
  EXPECT_EQ(book_.all().back().severity, Severity::kAlarm);
  EXPECT_EQ(book_.all().size(), kRoom + 1);
  EXPECT_TRUE(open(0));
  EXPECT_FALSE(open(kRoom));
  EXPECT_EQ(worst(kRoom), Severity::kAlarm) << "which does not make it quiet";

  book_.tick(kNoon + 2min + options_.quiet);
  speak(kRoom, Severity::kAlarm, kNoon + 3min + options_.quiet);
  EXPECT_TRUE(open(kRoom)) << "in the place of one that closed";
  EXPECT_EQ(worst(kRoom + 1), std::nullopt) << "it was quiet for long";
  for (const auto& incident : book_.all())
    EXPECT_FALSE(incident.open && incident.blindness == Blindness::kFull);
}

TEST_F(FullBook, AnAlarmTakesThePlaceOfANotice) {
  for (uint8_t device = 0; device < kRoom; ++device)
    speak(device, device == 5 ? Severity::kNotice : Severity::kAlarm, kNoon);
  speak(kRoom, Severity::kNotice, kNoon);
  EXPECT_FALSE(open(kRoom));
  EXPECT_TRUE(open(5)) << "a notice does not";
  speak(kRoom, Severity::kAlarm, kNoon);
  EXPECT_TRUE(open(kRoom));
  EXPECT_FALSE(open(5));
  EXPECT_EQ(worst(5), Severity::kNotice);
}

}  // namespace
}  // namespace gatewitness
