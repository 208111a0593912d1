// SPDX-License-Identifier: Apache-2.0
//
// The whole of the daemon's thinking, from records to incidents.
#include "daemon/pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "daemon/pipeline/pieces.h"

namespace gatewitness {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart{std::chrono::seconds(1'790'000'000)};
const MacAddress kFridge = *MacAddress::parse("02:00:5e:10:00:01");

std::vector<uint8_t> saved(const Pipeline& pipeline) {
  std::vector<uint8_t> bytes;
  pipeline.save(bytes);
  return bytes;
}

class Story {
 public:
  explicit Story(PipelineOptions options = {}) : pipeline_(std::move(options)) {}

  // One of the fridge's attempts, to a place of its own; told at a time of its own.
  void attempt(uint64_t id, wire::Outcome outcome, Timestamp started, Timestamp told, uint32_t revision = 0) {
    wire::Attempt attempt;
    attempt.id = id;
    attempt.revision = revision;
    attempt.interface = "br-lan";
    attempt.client_mac = kFridge;
    attempt.client_ttl = 64;
    attempt.flow = {{*IpAddress::parse("192.168.1.20"), static_cast<uint16_t>(40000 + id)},
                    {IpAddress::v4({198, 18, static_cast<uint8_t>(id), 25}), 25},
                    kProtocolTcp};
    attempt.started = attempt.last = started;
    attempt.outcome = outcome;
    attempt.syns = 1;
    attempt.client_seen = true;
    pipeline_.handle({{"capture", 1, sequence_++, started}, attempt}, told);
  }
  std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& incident : pipeline_.incidents()) out.push_back(incident.at("kind"));
    return out;
  }
  bool has(const std::string& kind) const {
    const auto all = kinds();
    return std::find(all.begin(), all.end(), kind) != all.end();
  }

  Pipeline pipeline_;
  uint64_t sequence_ = 0;
};

// The gateway's records know names of devices that are not there.
TEST(Pipeline, WhoIsOnlyOnRecordIsKnownButNotSeen) {
  Story story;
  const auto record = [&](Timestamp time, const char* name, bool on_record) {
    wire::IdentityFact fact;
    fact.mac = kFridge;
    fact.kind = wire::FactKind::kDhcpHostName;
    fact.value = name;
    fact.on_record = on_record;
    story.pipeline_.handle({{"kernel", 1, story.sequence_++, time}, fact}, time);
    return story.pipeline_.devices().at(0);
  };
  EXPECT_EQ(record(kStart, "one", true).at("name"), "one");
  const auto told = record(kStart + 1h, "two", true);
  EXPECT_EQ(told.at("name"), "two");
  EXPECT_EQ(told.at("last_seen"), to_string(kStart));
  EXPECT_EQ(record(kStart + 2h, "three", false).at("last_seen"), to_string(kStart + 2h));
}

TEST(Pipeline, ServersThatNeverAnswerAreFailedContacts) {
  Story story;
  for (uint64_t i = 0; i < 8; ++i)
    story.attempt(i, wire::Outcome::kSynOnly, kStart + i * 1s, kStart + i * 1s);
  story.pipeline_.tick(kStart + 17s);
  EXPECT_TRUE(story.has("failed-contacts"));
}

// A queue that was full, or a clock that was set from 1970 to now, brings SYN and answer together and late.
TEST(Pipeline, WhatIsToldLateIsNotUnanswered) {
  Story story;
  const Timestamp late = kStart + 24h;
  for (uint64_t i = 0; i < 8; ++i) {
    story.attempt(i, wire::Outcome::kSynOnly, kStart + i * 1s, late);
    story.attempt(i, wire::Outcome::kEstablished, kStart + i * 1s, late, 1);
  }
  story.pipeline_.tick(late + 1h);
  EXPECT_FALSE(story.has("failed-contacts"));
  EXPECT_TRUE(story.has("direct-to-mx"));
  EXPECT_FALSE(story.pipeline_.status(late).at("upstream_blocks_port25").get<bool>());
}

// More at a time than R3 waits for: the oldest is let go, and nothing else happens.
TEST(Pipeline, AFloodOfAttemptsThatWaitIsBounded) {
  Story story;
  for (uint64_t i = 0; i < 20'000; ++i)
    story.attempt(i, wire::Outcome::kSynOnly, kStart + i * 1us, kStart + i * 1us);
  story.pipeline_.tick(kStart + 1min);
  EXPECT_TRUE(story.has("burst"));
}

nlohmann::json blind_ones(const Pipeline& pipeline) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& incident : pipeline.incidents())
    if (incident.at("kind") == "blind") out.push_back(incident);
  return out;
}

TEST(Pipeline, DropsAreAnIncidentOfTheHome) {
  for (const auto reason : {wire::GapReason::kKernelDrop, wire::GapReason::kQueueFull,
                            wire::GapReason::kProbeStart, wire::GapReason::kNetlinkLoss}) {
    SCOPED_TRACE(static_cast<int>(reason));
    Story story;
    story.pipeline_.handle(
        {{"capture", 1, 0, kStart}, wire::CaptureGap{"br-lan", kStart - 1s, kStart, reason, 7}}, kStart);
    const auto blind = blind_ones(story.pipeline_);
    const bool lost = reason == wire::GapReason::kKernelDrop || reason == wire::GapReason::kQueueFull;
    ASSERT_EQ(blind.size(), lost ? 1U : 0U);
    if (!lost) continue;
    EXPECT_EQ(blind[0].at("cause"), "drops");
    EXPECT_EQ(blind[0].at("device"), nullptr);
    EXPECT_NE(blind[0].at("sentence").get<std::string>().find("missed"), std::string::npos);
    Pipeline again{PipelineOptions{}};
    ASSERT_TRUE(again.restore(saved(story.pipeline_)));
    EXPECT_EQ(blind_ones(again), blind);
  }
}

TEST(Pipeline, OffloadedMailIsAnIncidentOfTheHomeAndOtherOffloadIsNot) {
  for (const uint16_t port : {uint16_t{25}, uint16_t{443}}) {
    Story story;
    wire::Binding binding;
    binding.inside = {
        {*IpAddress::parse("192.168.1.20"), 40000}, {*IpAddress::parse("198.18.1.25"), port}, kProtocolTcp};
    binding.outside = {{*IpAddress::parse("203.0.113.7"), 40000}, binding.inside.destination, kProtocolTcp};
    binding.started = kStart;
    binding.replied = true;
    story.pipeline_.handle({{"kernel", 1, 0, kStart}, binding}, kStart);
    EXPECT_TRUE(blind_ones(story.pipeline_).empty()) << "an exemption holds";
    binding.offloaded = true;
    story.pipeline_.handle({{"kernel", 1, 1, kStart + 1s}, binding}, kStart + 1s);
    const auto blind = blind_ones(story.pipeline_);
    ASSERT_EQ(blind.size(), port == 25 ? 1U : 0U);
    if (port == 25) {
      EXPECT_EQ(blind[0].at("cause"), "offload");
    }
  }
}

TEST(Pipeline, AJournalThatFailsIsAnIncidentUntilItWorks) {
  Story story;
  story.pipeline_.journal_fails(false, kStart);
  EXPECT_TRUE(blind_ones(story.pipeline_).empty());
  story.pipeline_.journal_fails(true, kStart);
  ASSERT_EQ(blind_ones(story.pipeline_).size(), 1U);
  EXPECT_EQ(blind_ones(story.pipeline_)[0].at("cause"), "journal");
  EXPECT_EQ(blind_ones(story.pipeline_)[0].at("severity"), "alarm");
  story.pipeline_.journal_fails(false, kStart + 1min);
  EXPECT_EQ(blind_ones(story.pipeline_)[0].at("state"), "closed");
}

TEST(Pipeline, ASnapshotIsTheWholeState) {
  Story story;
  for (uint64_t i = 0; i < 12; ++i)
    story.attempt(i, wire::Outcome::kEstablished, kStart + i * 1s, kStart + i * 1s);
  Pipeline again{PipelineOptions{}};
  ASSERT_TRUE(again.restore(saved(story.pipeline_)));
  EXPECT_EQ(again.incidents(), story.pipeline_.incidents());
  EXPECT_EQ(again.devices(), story.pipeline_.devices());
  EXPECT_EQ(again.status(kStart + 12s), story.pipeline_.status(kStart + 12s));
  EXPECT_EQ(saved(again), saved(story.pipeline_));
}

// Many more connections than tuples are remembered, and each ends when its tuple is forgotten.
TEST(Pipeline, AConnectionIsCountedOnceHoweverLongItLives) {
  constexpr uint64_t kMany = 300;  // a snapshot keeps 256 tuples
  const auto binding = [](uint64_t i) {
    wire::Binding made;
    made.id = static_cast<uint32_t>(i + 1);
    made.inside = {{*IpAddress::parse("192.168.1.20"), static_cast<uint16_t>(40000 + i)},
                   {IpAddress::v4({198, 18, static_cast<uint8_t>(i), 25}), 25},
                   kProtocolTcp};
    made.outside = {{*IpAddress::parse("203.0.113.7"), static_cast<uint16_t>(40000 + i)},
                    made.inside.destination,
                    kProtocolTcp};
    made.started = kStart;
    made.replied = true;
    return made;
  };
  Story story;
  for (uint64_t i = 0; i < kMany; ++i) {
    story.attempt(i, wire::Outcome::kEstablished, kStart, kStart);
    story.pipeline_.handle({{"kernel", 1, i, kStart}, binding(i)}, kStart);
  }
  story.pipeline_.tick(kStart + 1min);
  ASSERT_EQ(story.pipeline_.status(kStart + 1min).at("attempts"), kMany);
  Pipeline again{PipelineOptions{}};
  ASSERT_TRUE(again.restore(saved(story.pipeline_)));
  for (uint64_t i = 0; i < kMany; ++i) {
    auto end = binding(i);
    end.ended = kStart + 1h;
    again.handle({{"kernel", 1, kMany + i, kStart + 1h}, end}, kStart + 1h);
  }
  again.tick(kStart + 2h);
  EXPECT_EQ(again.status(kStart + 2h).at("attempts"), kMany);
}

// Written by the build before snapshots came in pieces, of the story of ASnapshotIsTheWholeState.
TEST(Pipeline, ASnapshotOfVersion2IsRead) {
  std::ifstream file(GATEWITNESS_SNAPSHOTS "/version-2.cbor", std::ios::binary);
  const std::vector<uint8_t> old{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  ASSERT_FALSE(old.empty());
  Story story;
  for (uint64_t i = 0; i < 12; ++i)
    story.attempt(i, wire::Outcome::kEstablished, kStart + i * 1s, kStart + i * 1s);
  Pipeline again{PipelineOptions{}};
  ASSERT_TRUE(again.restore(old));
  EXPECT_EQ(again.incidents(), story.pipeline_.incidents());
  EXPECT_EQ(again.status(kStart + 12s), story.pipeline_.status(kStart + 12s));
  EXPECT_EQ(saved(again), saved(story.pipeline_));
}

TEST(Pieces, AreReadAsTheyWereWritten) {
  std::vector<uint8_t> bytes;
  const nlohmann::json items[] = {
      nullptr, 7, std::string(300, 'x'), {{"a", {1, 2}}}, std::string(70'000, 'y')};
  for (const auto& item : items) add_piece(bytes, item);
  std::span<const uint8_t> rest = bytes;
  for (const auto& item : items) EXPECT_EQ(take_piece(rest), item);
  EXPECT_TRUE(rest.empty());
  EXPECT_THROW(take_piece(rest), nlohmann::json::exception);
}

TEST(Pieces, WhatIsNoneIsRefused) {
  const std::vector<uint8_t> bad[] = {{0xa0},                    // a map
                                      {0x40},                    // nothing in it
                                      {0x42, 0x01},              // it ends too early
                                      {0x5c, 0x01},              // a length that does not exist
                                      {0x5f, 0x41, 0x01, 0xff},  // of unknown length
                                      {0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
                                      {0x42, 0x01, 0x02}};  // two items
  for (const auto& bytes : bad) {
    std::span<const uint8_t> rest = bytes;
    EXPECT_THROW(take_piece(rest), nlohmann::json::exception);
  }
}

TEST(Pipeline, WhatIsNoSnapshotChangesNothing) {
  Story story;
  story.attempt(1, wire::Outcome::kEstablished, kStart, kStart);
  const auto good = saved(story.pipeline_);
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_FALSE(story.pipeline_.restore(std::span(good).first(cut))) << cut;
  EXPECT_EQ(saved(story.pipeline_), good);
}

}  // namespace
}  // namespace gatewitness
