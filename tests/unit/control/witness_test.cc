// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/witness.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "daemon/control/signing_key.h"
#include "daemon/evidence/verify.h"
#include "tests/unit/control/one_attempt.h"
#include "tests/unit/process/temporary_folder.h"

namespace gatewitness::control {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const Timestamp kStart{std::chrono::seconds(1'790'000'000)};

class WitnessTest : public testing::Test {
 protected:
  Witness open(Timestamp now) {
    auto witness = Witness::open(config_, {folder_.path() + "/journal.db", ""}, now);
    if (!witness) ADD_FAILURE() << witness.error();
    return std::move(*witness);
  }
  static json view(Witness& witness, const char* command, Timestamp now) {
    const std::string request = json{{"command", command}}.dump();
    return json::parse(
               witness.answer({reinterpret_cast<const uint8_t*>(request.data()), request.size()}, now))
        .at("data");
  }

  static std::string ask(Witness& witness, const json& request, Timestamp now) {
    const std::string text = request.dump();
    return witness.answer({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, now);
  }

  TemporaryFolder folder_;
  config::Config config_;
};

// An upgrade keeps the state: the build before wrote one map, with the pipeline's snapshot of version 2 in
// it.
TEST_F(WitnessTest, TheStateOfTheVersionBeforeIsTaken) {
  std::ifstream file(GATEWITNESS_SNAPSHOTS "/version-2.cbor", std::ios::binary);
  const std::vector<uint8_t> pipeline{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(pipeline.empty());
  const auto keep = [&](unsigned version) {
    auto journal = journal::Journal::open({folder_.path() + "/journal.db", ""}, kStart);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal->snapshot(kStart, json::to_cbor({{"version", version},
                                                         {"received", 12},
                                                         {"refused", {1, 0, 0, 0, 0}},
                                                         {"guard", json::object()},
                                                         {"pipeline", json::binary(pipeline)}})));
  };
  keep(1);
  {
    auto witness = open(kStart + 1min);
    EXPECT_TRUE(witness.take_notices().empty());
    EXPECT_EQ(witness.received(), 12U);
    EXPECT_EQ(view(witness, "devices", kStart + 1min).size(), 1U);
    EXPECT_FALSE(view(witness, "incidents", kStart + 1min).empty());
  }
  auto again = open(kStart + 2min);  // which reads what it wrote itself
  EXPECT_EQ(again.received(), 12U);
  EXPECT_FALSE(view(again, "incidents", kStart + 2min).empty());
  EXPECT_TRUE(again.take_notices().empty());
}

TEST_F(WitnessTest, AStateOfALaterVersionIsSaidAndLeft) {
  {
    auto journal = journal::Journal::open({folder_.path() + "/journal.db", ""}, kStart);
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal->snapshot(kStart, json::to_cbor({{"version", 99}})));
  }
  auto witness = open(kStart + 1min);
  const auto notices = witness.take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_NE(notices[0].find("version"), std::string::npos) << notices[0];
}

TEST_F(WitnessTest, KnowsAfterARestartWhatItKnewBefore) {
  json devices;
  json incidents;
  {
    auto witness = open(kStart);
    for (uint64_t i = 0; i < 5; ++i) {
      const Timestamp now = kStart + i * 1s;
      const std::vector<std::vector<uint8_t>> messages = {attempt(i, now)};
      EXPECT_EQ(witness.receive(messages, now).size(), 1U);
      witness.tick(now);
    }
    EXPECT_FALSE(witness.take_events().empty()) << "an attempt at a mail exchanger opens an incident";
    devices = view(witness, "devices", kStart + 5s);
    incidents = view(witness, "incidents", kStart + 5s);
    EXPECT_EQ(devices.size(), 1U);
    EXPECT_EQ(incidents.size(), 1U);
  }  // no save(): as after kill -9
  auto again = open(kStart + 6s);
  EXPECT_EQ(again.received(), 5U);
  EXPECT_EQ(view(again, "devices", kStart + 6s), devices);
  EXPECT_EQ(view(again, "incidents", kStart + 6s), incidents);
  EXPECT_TRUE(again.take_events().empty()) << "told before the restart";
  const json journal = view(again, "status", kStart + 6s).at("daemon").at("journal");
  EXPECT_EQ(journal.at("recalled"), 5);
  EXPECT_EQ(journal.at("log_records"), 0) << "the log became a snapshot";

  auto third = [&] {
    { const auto closed = std::move(again); }
    return open(kStart + 7s);
  }();
  EXPECT_EQ(third.received(), 5U);
  EXPECT_EQ(view(third, "incidents", kStart + 7s), incidents);
}

TEST_F(WitnessTest, CountsWhatIsNoRecordByWhatIsWrongWithIt) {
  auto witness = open(kStart);
  const std::vector<std::vector<uint8_t>> messages = {
      {}, {0xff}, std::vector<uint8_t>(4097, 0), json::to_cbor({{"v", 99}})};
  EXPECT_TRUE(witness.receive(messages, kStart).empty());
  const json refused = view(witness, "status", kStart).at("daemon").at("refused");
  EXPECT_EQ(refused.at("not_cbor"), 2);
  EXPECT_EQ(refused.at("too_long"), 1);
  EXPECT_EQ(refused.at("unknown_version"), 1);
  EXPECT_EQ(witness.received(), 0U);
}

TEST_F(WitnessTest, ASnapshotKeepsTheJournalShort) {
  config_.journal.snapshot_records = 100;
  config_.journal.snapshot_interval = 10s;
  auto witness = open(kStart);
  const auto log_records = [&](Timestamp now) {
    return view(witness, "status", now).at("daemon").at("journal").at("log_records").get<int>();
  };
  Timestamp now = kStart;
  for (uint64_t i = 0; i < 99; ++i)
    (void)witness.receive(std::vector<std::vector<uint8_t>>{attempt(i, now)}, now);
  witness.tick(now);
  EXPECT_EQ(log_records(now), 99);
  (void)witness.receive(std::vector<std::vector<uint8_t>>{attempt(99, now)}, now);
  witness.tick(now);
  EXPECT_EQ(log_records(now), 0) << "by number";

  (void)witness.receive(std::vector<std::vector<uint8_t>>{attempt(100, now)}, now);
  witness.tick(now + 9s);
  EXPECT_EQ(log_records(now), 1);
  ASSERT_TRUE(witness.next_deadline());
  EXPECT_LE(*witness.next_deadline(), now + 10s);
  witness.tick(now + 10s);
  EXPECT_EQ(log_records(now), 0) << "by time";
}

std::vector<uint8_t> frame(uint64_t sequence, uint64_t attempt, Timestamp time) {
  wire::Frame frame;
  frame.attempt = attempt;
  frame.interface = "br-lan";
  frame.length = 60;
  frame.from_client = true;
  frame.bytes = std::string(54, static_cast<char>(0x80));
  return wire::encode({{"capture", 1, sequence, time}, frame});
}

// Frames are kept for evidence, are no news for who watches, and leave no hole in the numbers after a
// restart.
TEST_F(WitnessTest, FramesAreEvidenceAndNothingElse) {
  const TemporaryFolder keys;
  {
    auto witness = open(kStart);
    const std::vector<std::vector<uint8_t>> messages = {attempt(0, kStart), frame(1, 0, kStart),
                                                        attempt(2, kStart)};
    EXPECT_EQ(witness.receive(messages, kStart).size(), 2U);
    witness.tick(kStart + 60s);
    EXPECT_NE(ask(witness, {{"command", "export"}, {"incident", "1"}}, kStart).find("no signing key"),
              std::string::npos);
    witness.sign_with(signing_key(keys.path()));
    const json answer = json::parse(ask(witness, {{"command", "export"}, {"incident", "1"}}, kStart));
    ASSERT_EQ(answer.at("ok"), true) << answer;
    const auto verification = evidence::verify(answer.at("data").at("file").get<std::string>(), std::nullopt);
    EXPECT_TRUE(verification.whole());
    EXPECT_EQ(verification.frames, 1U);
    EXPECT_NE(ask(witness, {{"command", "export"}, {"incident", "77"}}, kStart).find("no incident"),
              std::string::npos);
  }
  auto witness = open(kStart + 61s);
  const json status = view(witness, "status", kStart + 61s);
  for (const auto& probe : status.at("probes")) EXPECT_EQ(probe.at("lost"), 0);
}

// Told once, in order, and after a restart not again; what the owner muted is not told.
TEST_F(WitnessTest, WhatTheOwnerIsToldIsKept) {
  const auto alerts = [&](Witness& witness, uint64_t after, Timestamp now) {
    return json::parse(ask(witness, {{"command", "alerts"}, {"after", after}}, now)).at("data");
  };
  std::string epoch;
  {
    auto witness = open(kStart);
    const std::vector<std::vector<uint8_t>> messages = {attempt(0, kStart)};
    (void)witness.receive(messages, kStart);
    const auto lines = witness.take_events();
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.back(), R"({"event":"alert"})");
    const json told = alerts(witness, 0, kStart);
    ASSERT_EQ(told.at("alerts").size(), 1U);
    EXPECT_EQ(told.at("newest"), 1);
    const json& first = told.at("alerts").at(0);
    EXPECT_EQ(first.at("number"), 1);
    EXPECT_EQ(first.at("reason"), "opened");
    EXPECT_EQ(first.at("device").at("mac"), "02:00:5e:10:00:01");
    EXPECT_FALSE(first.at("text").get<std::string>().empty());
    EXPECT_FALSE(first.at("advice").get<std::string>().empty());
    epoch = told.at("epoch");
    EXPECT_TRUE(alerts(witness, 1, kStart).at("alerts").empty());
    EXPECT_EQ(
        json::parse(ask(witness, {{"command", "mute"}, {"incident", "1"}, {"for_s", 600}}, kStart)).at("ok"),
        true);
    EXPECT_EQ(
        json::parse(ask(witness, {{"command", "mute"}, {"incident", "9"}, {"for_s", 600}}, kStart)).at("ok"),
        false);
  }
  auto witness = open(kStart + 1s);
  EXPECT_EQ(alerts(witness, 0, kStart + 1s).at("epoch"), epoch);
  EXPECT_EQ(alerts(witness, 0, kStart + 1s).at("newest"), 1) << "not told again";
  std::vector<std::vector<uint8_t>> more;
  for (uint64_t i = 1; i < 6; ++i) more.push_back(attempt(i, kStart + i * 1s));
  (void)witness.receive(more, kStart + 6s);
  (void)witness.take_events();
  const json after = alerts(witness, 1, kStart + 6s);
  for (const auto& alert : after.at("alerts"))
    EXPECT_NE(alert.at("incident").at("kind"), "direct-to-mx") << "muted";
}

// A quarantine that nobody asked for rings as an incident does: kept, told once, also across a restart.
TEST_F(WitnessTest, AnAutomaticQuarantineIsTold) {
  config_.guard.enabled = true;
  config_.guard.automatic = config::Automatic::kMail;
  const auto told = [&](Witness& witness) {
    const json alerts =
        json::parse(ask(witness, {{"command", "alerts"}, {"after", 0}}, kStart)).at("data").at("alerts");
    std::string texts;
    for (const auto& alert : alerts)
      if (alert.at("reason") == "quarantined") texts += alert.at("text").get<std::string>() + "\n";
    return texts;
  };
  const GuardDesk::Errand list{quarantine::List{}, {}};
  const quarantine::Quarantine stands{
      {*MacAddress::parse("02:00:5e:10:00:01")}, quarantine::Scope::kMail, kStart + 24h, 24h, {true, 1}, {}};
  std::string first;
  {
    auto witness = open(kStart);
    const std::vector<std::vector<uint8_t>> messages = {attempt(0, kStart)};
    (void)witness.receive(messages, kStart);
    (void)witness.take_events();
    (void)witness.learn_from_guard(list, quarantine::Reply{}, kStart);
    EXPECT_TRUE(witness.take_events().empty());
    (void)witness.learn_from_guard(list, quarantine::Reply{{}, {}, {stands}}, kStart);
    const auto lines = witness.take_events();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(json::parse(lines[0]).at("event"), "device-quarantined");
    EXPECT_EQ(lines[1], R"({"event":"alert"})");
    first = told(witness);
    EXPECT_NE(first.find("automatically, because of incident #1"), std::string::npos) << first;
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1);
  }
  auto witness = open(kStart + 1s);
  (void)witness.learn_from_guard(list, quarantine::Reply{{}, {}, {stands}}, kStart + 1s);
  EXPECT_TRUE(witness.take_events().empty());
  EXPECT_EQ(told(witness), first) << "not told again";
}

TEST_F(WitnessTest, AMuteOfADeviceOrAKindIsKeptAndTakenBack) {
  const auto muted = [&](Witness& witness, Timestamp now) { return view(witness, "muted", now); };
  {
    auto witness = open(kStart);
    for (const json& what : {json{{"device", "02:00:5e:10:00:01"}}, json{{"kind", "direct-to-mx"}}}) {
      json request = {{"command", "mute"}, {"for_s", 600}};
      request.update(what);
      EXPECT_EQ(json::parse(ask(witness, request, kStart)).at("ok"), true);
    }
    ASSERT_EQ(muted(witness, kStart).size(), 2U);
    EXPECT_EQ(muted(witness, kStart)[0].at("device"), nullptr);
    EXPECT_EQ(muted(witness, kStart)[1].at("kind"), nullptr);
  }
  auto witness = open(kStart + 1s);
  EXPECT_EQ(muted(witness, kStart + 1s).size(), 2U) << "a restart forgets no mute";
  const std::vector<std::vector<uint8_t>> messages = {attempt(0, kStart)};
  (void)witness.receive(messages, kStart + 1s);
  for (const auto& line : witness.take_events()) EXPECT_EQ(line.find("\"alert\""), std::string::npos);
  (void)ask(witness, {{"command", "mute"}, {"kind", "direct-to-mx"}, {"for_s", 0}}, kStart + 2s);
  EXPECT_EQ(muted(witness, kStart + 2s).size(), 1U);
  EXPECT_TRUE(muted(witness, kStart + 10min).empty()) << "each has its end";
}

// No file of this process may grow.
class FullDisk {
 public:
  FullDisk() : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit none{0, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int);
};

// The phone rings although the journal cannot take the alert, and once although it can again.
TEST_F(WitnessTest, AJournalThatFailsIsToldAllTheSame) {
  const auto alerts = [&](Witness& witness, Timestamp now) {
    return json::parse(ask(witness, {{"command", "alerts"}}, now)).at("data").at("alerts");
  };
  auto witness = open(kStart);
  {
    const FullDisk full;
    const std::vector<std::vector<uint8_t>> messages = {attempt(0, kStart)};
    (void)witness.receive(messages, kStart);
    witness.tick(kStart);
    const auto lines = witness.take_events();
    EXPECT_EQ(lines.back(), R"({"event":"alert"})");
    const json told = alerts(witness, kStart);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].at("number"), 1);
    EXPECT_EQ(told[1].at("number"), 2);
    EXPECT_EQ(told[1].at("incident").at("kind"), "blind");
    EXPECT_EQ(told[1].at("device"), nullptr);
    EXPECT_EQ(view(witness, "status", kStart).at("daemon").at("journal").at("failing"), true);
  }
  witness.tick(kStart + 30s);
  const json kept = alerts(witness, kStart + 30s);
  EXPECT_EQ(kept.size(), 2U) << "each kept once, under its number";
  EXPECT_EQ(kept[1].at("number"), 2);
  witness.tick(kStart + 2min);
  (void)witness.take_events();
  const json after = alerts(witness, kStart + 2min);
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after[2].at("reason"), "closed");
  EXPECT_GT(after[2].at("incident").at("revision"), after[1].at("incident").at("revision"));
}

TEST_F(WitnessTest, ClearedWantsAStretch) {
  auto witness = open(kStart);
  for (const json& request :
       {json{{"command", "cleared"}}, json{{"command", "cleared"}, {"from", "yesterday"}, {"to", 5}},
        json{{"command", "cleared"}, {"from", "2026-01-02T00:00:00Z"}, {"to", "2026-01-01T00:00:00Z"}}})
    EXPECT_EQ(json::parse(ask(witness, request, kStart)).at("ok"), false) << request;
  const json answer = json::parse(
      ask(witness, {{"command", "cleared"}, {"from", "2026-01-01T00:00:00Z"}, {"to", "2026-01-02T00:00:00Z"}},
          kStart));
  EXPECT_EQ(answer.at("data").at("complete"), false);
}

}  // namespace
}  // namespace gatewitness::control
