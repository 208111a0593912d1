// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/alert.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "probes/wire/utf8.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;

json good() {
  return json::parse(R"({"number": 5, "time": "2026-11-24T12:03:11.000250Z", "reason": "opened",
    "incident": {"id": "12", "revision": 3, "kind": "burst", "severity": "alarm", "grade": "strong"},
    "device": {"id": "02:00:5e:10:00:01", "mac": "02:00:5e:10:00:01", "name": "Kitchen", "class": "fridge", "vendor": "V", "address": "192.168.1.20"},
    "title": "T", "text": "X", "technical": "E", "advice": "A", "severe": true, "channel": null})");
}

TEST(Alert, IsReadAndWrittenWithoutLoss) {
  const auto alert = parse_alert(good());
  ASSERT_TRUE(alert) << alert.error();
  EXPECT_EQ(alert->revision, 3U);
  EXPECT_TRUE(alert->severe && alert->is_alarm() && alert->has_device);
  const auto again = parse_alert(to_json(*alert));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *alert);
}

TEST(Alert, AQuarantineIsNewsBesideItsIncident) {
  json value = good();
  const auto incident = parse_alert(value);
  value["reason"] = "quarantined";
  const auto quarantine = parse_alert(value);
  ASSERT_TRUE(incident && quarantine);
  EXPECT_EQ(incident->subject(), "12");
  EXPECT_EQ(incident->order(), 3U);
  EXPECT_NE(quarantine->subject(), incident->subject());
  EXPECT_EQ(quarantine->order(), 5U) << "the incident may have the same revision at the next one";
  EXPECT_EQ(test_alert(Timestamp{}).subject(), "");
}

TEST(Alert, NamesWhatIsWrong) {
  const struct {
    const char* change;
    const char* says;
  } cases[] = {{R"({"number": 0})", "number"},
               {R"({"number": -5})", "number"},
               {R"({"time": 5})", "time"},
               {R"({"time": "yesterday"})", "time"},
               {R"({"reason": "exploded\u001b"})", "unknown reason \"exploded\\x1b\""},
               {R"({"incident": null})", "without an incident"},
               {R"({"reason": "quarantined", "device": null})", "without a device"},
               {R"({"incident": {"id": 5}})", "without an incident"}};
  for (const auto& c : cases) {
    json value = good();
    value.update(json::parse(c.change));
    const auto alert = parse_alert(value);
    ASSERT_FALSE(alert) << c.change;
    EXPECT_NE(alert.error().find(c.says), std::string::npos) << alert.error();
  }
  for (const char* text : {"5", "[]", "null"}) EXPECT_FALSE(parse_alert(json::parse(text)));
}

TEST(Batch, SkipsAndCountsWhatItCannotRead) {
  json bad = good();
  bad["number"] = 9U;
  bad["time"] = "x";
  const auto batch = parse_batch({{"epoch", 17}, {"newest", 9}, {"alerts", {good(), bad, 5}}});
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->epoch, "17");
  EXPECT_EQ(batch->alerts.size(), 1U);
  EXPECT_EQ(batch->malformed, 2U);
  EXPECT_EQ(batch->last, 9U) << "what cannot be read is not asked for again";
  EXPECT_FALSE(parse_batch(json::array()));
  EXPECT_FALSE(parse_batch({{"alerts", 5}}));
}

TEST(Harmless, NothingGetsThroughThatChangesWhatIsAroundIt) {
  EXPECT_EQ(harmless("a\x1b[31mb\r\nc", 100), "a\\x1b[31mb\\x0d\\x0ac");
  EXPECT_EQ(harmless("\u202egnp.exe", 100), "\\u{202e}gnp.exe");
  EXPECT_EQ(harmless("escaped \\x1b stays", 100), "escaped \\x1b stays");
  EXPECT_EQ(harmless("\xff", 100), "\\xff");
  EXPECT_EQ(harmless("<b>&", 100), "<b>&") << "HTML is escaped where there is HTML";
}

TEST(Harmless, IsCutBetweenCharactersAndStaysSo) {
  std::string emoji;
  for (int i = 0; i < 1024; ++i) emoji += "\U0001F600";
  for (std::size_t most = 0; most < 40; ++most) {
    const std::string cut = harmless(emoji, most);
    EXPECT_LE(cut.size(), most);
    EXPECT_TRUE(is_utf8(cut));
    EXPECT_EQ(harmless(cut, most), cut);
  }
  EXPECT_EQ(harmless("12345", 5), "12345");
  EXPECT_EQ(harmless("123456", 5), "12\u2026");
  EXPECT_LE(harmless(std::string(5000, '\\'), 100).size(), 100U);
}

Alert of(uint64_t number, const char* incident, const char* severity, const char* reason = "opened") {
  Alert alert = test_alert(Timestamp(std::chrono::seconds(1000 + number)));
  alert.number = number;
  alert.incident = incident;
  alert.reason = reason;
  alert.severity = severity;
  alert.severe = alert.severity == "alarm" && alert.reason != std::string("closed");
  alert.has_device = true;
  alert.device_id = incident;
  alert.title = "Title " + std::to_string(number);
  alert.text = "Text.";
  alert.advice = "Advice " + std::to_string(number);
  return alert;
}

TEST(Grouped, OneIsItself) {
  const Alert alerts[] = {of(4, "1", "alarm")};
  EXPECT_EQ(grouped(alerts, words::Language::kEnglish), alerts[0]);
}

TEST(Grouped, TheGravestSpeaksAndEachIsTold) {
  const Alert alerts[] = {of(4, "1", "alarm", "closed"), of(5, "2", "notice"), of(6, "3", "alarm"),
                          of(7, "4", "notice")};
  const Alert group = grouped(alerts, words::Language::kGerman);
  EXPECT_EQ(group.title, "Title 6, und 3 weitere");
  EXPECT_EQ(group.text, "Title 4. Text.\n\nTitle 5. Text.\n\nTitle 6. Text.\n\nTitle 7. Text.");
  EXPECT_EQ(group.advice, "Advice 6");
  EXPECT_TRUE(group.severe);
  EXPECT_EQ(group.severity, "alarm");
  EXPECT_EQ(group.time, alerts[0].time) << "the event's time, not the newest";
  EXPECT_EQ(group.incident, "") << "no button would know which is meant";
  EXPECT_FALSE(group.has_device);
}

TEST(Grouped, ManyAreCutToWhatAPhoneShows) {
  std::vector<Alert> alerts;
  for (uint64_t i = 0; i < 20; ++i) {
    alerts.push_back(of(i + 1, std::to_string(i).c_str(), "notice"));
    alerts.back().text = std::string(1200, 'x');
  }
  const Alert group = grouped(alerts, words::Language::kEnglish);
  EXPECT_TRUE(group.text.ends_with("And 15 more."));
  EXPECT_LT(group.text.size(), 3000U);
}

}  // namespace
}  // namespace gatewitness::alert
