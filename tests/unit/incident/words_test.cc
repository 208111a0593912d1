// SPDX-License-Identifier: Apache-2.0
//
// What the owner reads, word for word.
#include "daemon/incident/words.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

using namespace std::chrono_literals;

const DeviceId kDevice = DeviceId::of(MacAddress{{0, 0, 0x5e, 0, 0x53, 1}});
constexpr Timestamp kMorning{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14}};

Verdict verdict(RuleId rule, Kind kind, Severity severity) {
  Verdict out;
  out.rule = rule;
  out.device = kDevice;
  out.kind = kind;
  out.severity = severity;
  out.time = kMorning;
  return out;
}

std::string said(const Verdict& v, const Subject& subject = {"pc", "computer", "192.168.1.20"}) {
  Incident incident;
  incident.device = v.device;
  incident.kind = v.kind;
  incident.severity = v.severity;
  incident.verdicts = {v};
  return sentence(incident, subject);
}

TEST(Words, TheAccountTellsWhatHappenedInFigures) {
  Verdict v = verdict(RuleId::kAccount, Kind::kDirectToMx, Severity::kAlarm);
  v.count = 6;
  v.destinations = 4;
  v.window = 24h * 9;
  EXPECT_EQ(said(v),
            "The computer \"pc\" (00:00:5e:00:53:01, 192.168.1.20) tried to deliver mail directly to "
            "strangers' mail "
            "servers, 6 times, to 4 places that it had never used, within 9 days.");
  v.shares = {{RuleId::kPolicy, 3, 1}};
  v.rhythm = {{390, 780, 1215}, 5, 1e-4};
  EXPECT_EQ(said(v),
            "The computer \"pc\" (00:00:5e:00:53:01, 192.168.1.20) tried to deliver mail directly to "
            "strangers' mail "
            "servers, 6 times, to 4 places that it had never used, within 9 days, right after asking DNS "
            "which server "
            "takes a domain's mail; it sends at the same times of day (about 06:30, 13:00, 20:15 UTC, on 5 "
            "days; by "
            "chance one in 10000 would).");
}

TEST(Words, QuestionsAreAskedWithTheirAnswer) {
  Verdict v = verdict(RuleId::kPolicy, Kind::kDirectToMx, Severity::kNotice);
  v.ground = Ground::kAskMailServer;
  EXPECT_NE(said(v).find("Is this your mail server? gatewitness enrol 00:00:5e:00:53:01 mail-server"),
            std::string::npos);
  v.ground = Ground::kAskSmarthost;
  EXPECT_NE(said(v).find("Did you set it up to mail you? gatewitness enrol 00:00:5e:00:53:01 smarthost-user"),
            std::string::npos);
  v.ground = Ground::kNone;
  EXPECT_EQ(said(v).find("enrol"), std::string::npos);
}

TEST(Words, EachKindHasItsOwn) {
  struct Case {
    RuleId rule;
    Kind kind;
    uint32_t count, limit, destinations;
    Duration window;
    const char* wanted;
  };
  const Case cases[] = {
      {RuleId::kRefusals, Kind::kTakenOver, 8, 12, 0, 2h,
       "is your mail server, and servers refused 8 of its last 12 messages within 2 hours: somebody else may "
       "be sending "
       "through it."},
      {RuleId::kRelay, Kind::kRelay, 7, 0, 5, 1h,
       "relays for strangers: 7 times a mail session came in from outside and mail went out a moment later, "
       "to 5 places."},
      {RuleId::kScan, Kind::kScan, 60, 5, 20, 10min,
       "looks for mail servers: it tried the mail ports of 20 hosts within 10 minutes and sent no mail. That "
       "is a scan, "
       "not spam."},
      {RuleId::kCredentials, Kind::kBulk, 50, 50, 0, 1h,
       "sent 50 mails within 1 hour through its mail provider; the most before was none. A newsletter looks "
       "like that, "
       "and so does a stolen login."},
      {RuleId::kAccount, Kind::kCredentialAbuse, 0, 0, 0, 0s,
       "logs in at mail providers as no single owner does"},
  };
  for (const auto& c : cases) {
    Verdict v = verdict(c.rule, c.kind, Severity::kAlarm);
    v.count = c.count;
    v.limit = c.limit;
    v.destinations = c.destinations;
    v.window = c.window;
    EXPECT_NE(said(v).find(c.wanted), std::string::npos) << said(v);
  }
}

// Every sentence there is, in every language: no place is left open and no English shows through.
TEST(Words, EachKindAndGroundIsSaidInEachLanguage) {
  for (uint8_t kind = 0; kind < kKinds; ++kind) {
    for (uint8_t ground = 0; ground <= static_cast<uint8_t>(Ground::kLogins); ++ground) {
      Verdict v = verdict(RuleId::kPolicy, static_cast<Kind>(kind), Severity::kAlarm);
      v.ground = static_cast<Ground>(ground);
      v.count = v.limit = 14;
      v.destinations = 7;
      v.window = 10min;
      Incident incident;
      incident.device = kDevice;
      incident.kind = v.kind;
      incident.severity = v.severity;
      incident.verdicts = {v};
      const Graded graded{Grade::kStrong, {"r"}};
      const Subject subject{"K\u00fcche", "fridge", "192.168.1.20", false};
      const auto all = [&](words::Language in) {
        return std::vector<std::string>{sentence(incident, subject, in), advice(incident, subject, in),
                                        how_sure(incident, graded, in), technical(incident, graded, in)};
      };
      const auto english = all(words::Language::kEnglish);
      for (const auto in : {words::Language::kEnglish, words::Language::kGerman, words::Language::kSwedish}) {
        const auto texts = all(in);
        for (std::size_t i = 0; i < texts.size(); ++i) {
          EXPECT_FALSE(texts[i].empty());
          EXPECT_LT(texts[i].size(), 600U) << texts[i];
          EXPECT_EQ(texts[i].find_first_of("{}"), std::string::npos) << texts[i];
          // "Alarm" is one in German too, and about a probe there is nothing else to say.
          const bool alike = in == words::Language::kGerman && v.kind == Kind::kBlind && i >= 2;
          EXPECT_EQ(texts[i] == english[i], in == words::Language::kEnglish || alike) << texts[i];
        }
      }
    }
  }
}

TEST(Words, GermanAndSwedishWordForWord) {
  Verdict v = verdict(RuleId::kBurst, Kind::kBurst, Severity::kAlarm);
  v.ground = Ground::kShortWindow;
  v.count = 14;
  v.limit = 10;
  v.destinations = 7;
  v.window = 60s;
  Incident incident;
  incident.device = kDevice;
  incident.kind = v.kind;
  incident.severity = v.severity;
  incident.attempts_counted = 14;
  incident.verdicts = {v};
  const Subject fridge{"K\u00fcche", "fridge", "192.168.1.20", false};
  EXPECT_EQ(
      sentence(incident, fridge, words::Language::kGerman),
      "Der K\u00fchlschrank \"K\u00fcche\" (00:00:5e:00:53:01, 192.168.1.20) hat innerhalb von 1 Minute 14 "
      "Mailverbindungen zu 7 verschiedenen Zielen aufgebaut.");
  EXPECT_EQ(sentence(incident, fridge, words::Language::kSwedish),
            "Kylsk\u00e5pet \"K\u00fcche\" (00:00:5e:00:53:01, 192.168.1.20) \u00f6ppnade 14 "
            "e-postf\u00f6rbindelser "
            "inom 1 minut, till 7 olika m\u00e5l.");
  EXPECT_EQ(
      technical(incident, {Grade::kStrong, {"a", "b"}}, words::Language::kEnglish),
      "Alarm, burst: 14 attempts to 0 places. R1 burst: 14 counted, limit 10, within 1 minute. Evidence "
      "strong: a; b.");
  EXPECT_EQ(how_sure(incident, {Grade::kWitnessed, {}}, words::Language::kEnglish),
            "Alarm. How sure: certain. The gateway saw the device's own packets, and missed none.");
}

TEST(Words, ClassesFromElsewhereAreADevice) {
  const Subject odd{"", "{who}", "", false};
  for (const auto in : {words::Language::kEnglish, words::Language::kGerman, words::Language::kSwedish})
    EXPECT_EQ(describe(kDevice, odd, in), describe(kDevice, {}, in));
}

TEST(Words, HostileNamesStayText) {
  Verdict v = verdict(RuleId::kScan, Kind::kScan, Severity::kNotice);
  EXPECT_EQ(said(v, {"\x1b[31mred", "", ""}).find('\x1b'), std::string::npos);
  EXPECT_NE(said(v, {"{window}{hosts}", "", ""}).find("\"{window}{hosts}\""), std::string::npos)
      << "what looks like a place is not filled";
}

}  // namespace
}  // namespace gatewitness
