// SPDX-License-Identifier: Apache-2.0
//
// Every record there and back, at random and at every cap; and the line of JSON.
#include "probes/wire/codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "probes/wire/utf8.h"
#include "tests/unit/wire/random_record.h"

namespace gatewitness::wire {
namespace {

using nlohmann::json;

constexpr std::size_t kTypes = std::variant_size_v<Record>;

// A record as text, without the codec: what is compared when records are.
class Flattener {
 public:
  template <typename T>
  void required(const char* key, const T& field) {
    put(key, field);
  }
  template <typename T>
  void optional(const char* key, const T& field) {
    put(key, field);
  }
  template <typename T>
  void capped(const char* key, const T& field, std::size_t) {
    put(key, field);
  }
  const std::string& text() const { return text_; }

 private:
  template <typename T>
  void put(const char* key, const T& field) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      line(key, std::to_string(static_cast<uint64_t>(field)));
    } else if constexpr (std::is_same_v<T, std::string>) {
      line(key, field);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      line(key, std::to_string(field.time_since_epoch().count()));
    } else if constexpr (requires { gatewitness::to_string(field); }) {
      line(key, gatewitness::to_string(field));
    } else if constexpr (requires { field.has_value(); }) {
      line(key, field ? "present" : "absent");
      if (field) put(key, *field);
    } else if constexpr (requires { field.size(); }) {
      line(key, "list of " + std::to_string(field.size()));
      for (const auto& item : field) put(key, item);
    } else {
      fields(*this, field);
    }
  }
  void line(const char* key, const std::string& value) { text_ += std::string(key) + "=" + value + "\n"; }

  std::string text_;
};

std::string flat(const Envelope& envelope) {
  Flattener flattener;
  flattener.required("probe", envelope.header.probe);
  flattener.required("epoch", envelope.header.epoch);
  flattener.required("seq", envelope.header.sequence);
  flattener.required("time", envelope.header.time);
  flattener.required("type", std::string(type_name(envelope.record)));
  std::visit([&](const auto& record) { fields(flattener, record); }, envelope.record);
  return flattener.text();
}

TEST(Codec, EveryRandomRecordComesBackAsItWas) {
  for (std::size_t type = 0; type < kTypes; ++type) {
    for (uint64_t seed = 0; seed < 300; ++seed) {
      const Envelope sent = filled(type, RandomFiller(20140116 + seed));
      SCOPED_TRACE(std::string(type_name(sent.record)) + ", seed " + std::to_string(seed));
      const auto bytes = encode(sent);
      ASSERT_LE(bytes.size(), kMaxMessage);
      const auto received = decode(bytes);
      ASSERT_TRUE(received) << received.error().detail;
      ASSERT_TRUE(flat(*received) == flat(sent));  // the texts are long and not for terminals
      ASSERT_EQ(encode(*received), bytes);
    }
  }
}

TEST(Codec, AnEmptyRecordOfEachTypeComesBack) {
  for (std::size_t type = 0; type < kTypes; ++type) {
    const Envelope sent{{"p", 0, 0, Timestamp{}}, empty_record(type)};
    const auto received = decode(encode(sent));
    ASSERT_TRUE(received) << type_name(sent.record) << ": " << received.error().detail;
    EXPECT_EQ(flat(*received), flat(sent));
  }
}

// At every cap and one past it: it fits, it is read, and what can be kept is kept.
TEST(Codec, FitsIntoAMessageAtEveryCapAndBeyond) {
  for (const std::size_t beyond : {0U, 1U, 1000U}) {
    for (std::size_t type = 0; type < kTypes; ++type) {
      const Envelope sent = filled(type, GreedyFiller(beyond));
      SCOPED_TRACE(std::string(type_name(sent.record)) + " and " + std::to_string(beyond));
      const auto bytes = encode(sent);
      EXPECT_LE(bytes.size(), kMaxMessage);
      const auto received = decode(bytes);
      ASSERT_TRUE(received) << received.error().detail;
      EXPECT_EQ(encode(*received), bytes);
      if (beyond != 0) continue;
      const bool is_shortened = type == 0 || std::holds_alternative<ProbeStatus>(sent.record);
      EXPECT_EQ(flat(*received) == flat(sent), !is_shortened);
    }
  }
}

TEST(Codec, WhatDoesNotFitGoesFromTheListsAlone) {
  const auto sent = std::get<Attempt>(filled(0, GreedyFiller(0)).record);
  const auto back = std::get<Attempt>(decode(encode(filled(0, GreedyFiller(0))))->record);
  EXPECT_EQ(back.smtp->refusals, sent.smtp->refusals);
  EXPECT_EQ(back.smtp->banner, sent.smtp->banner);
  EXPECT_EQ(back.smtp->senders, sent.smtp->senders);
  EXPECT_EQ(back.smtp->recipients, sent.smtp->recipients);
  EXPECT_EQ(back.other_client_macs, sent.other_client_macs);
  EXPECT_FALSE(back.smtp->sender_hashes.empty());
}

TEST(Codec, TheNewestQueueIdsStay) {
  Envelope sent = filled(0, GreedyFiller(0));
  auto& smtp = *std::get<Attempt>(sent.record).smtp;
  for (std::size_t i = 0; i < smtp.queue_ids.size(); ++i)
    smtp.queue_ids[i].back() = static_cast<char>('0' + i);
  const auto back = std::get<Attempt>(decode(encode(sent))->record).smtp->queue_ids;
  ASSERT_FALSE(back.empty());
  EXPECT_LT(back.size(), smtp.queue_ids.size());
  EXPECT_EQ(back.back(), smtp.queue_ids.back());
}

TEST(Codec, TimesOffTheCalendarBecomeTheNearestOnIt) {
  const std::pair<Timestamp, Timestamp> cases[] = {
      {Timestamp::min(), Timestamp{}},
      {Timestamp(Duration(-1)), Timestamp{}},
      {Timestamp(kLastTime) + Duration(1), Timestamp(kLastTime)},
      {Timestamp::max(), Timestamp(kLastTime)},
  };
  for (const auto& [sent, want] : cases) {
    const auto back =
        decode(encode({{"p", 0, 0, sent}, CaptureGap{"", sent, sent, GapReason::kKernelDrop, 0}}));
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(back->header.time, want);
    EXPECT_EQ(std::get<CaptureGap>(back->record).from, want);
  }
}

TEST(Codec, TextThatIsNotUtf8TravelsAsBytes) {
  const auto wire_form = [](const std::string& value) {
    return json::from_cbor(
        encode({{"p", 0, 0, Timestamp{}}, IdentityFact{"", {}, {}, {}, value}}))["record"]["value"];
  };
  EXPECT_TRUE(wire_form("Kühlschrank").is_string());
  EXPECT_TRUE(wire_form("K\xfchlschrank").is_binary());
}

TEST(JsonLine, IsOneHarmlessLineOfJsonForEveryRecord) {
  for (std::size_t type = 0; type < kTypes; ++type) {
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const std::string line = to_json_line(filled(type, RandomFiller(seed)));
      for (const char c : line) ASSERT_TRUE(c >= 0x20 && c < 0x7f) << line;
      const json tree = json::parse(line, nullptr, false);
      ASSERT_TRUE(tree.is_object()) << line;
      ASSERT_EQ(line.find("hash"), std::string::npos) << line;
    }
  }
}

TEST(JsonLine, SaysNamesAndAddressesInWords) {
  Attempt attempt;
  attempt.id = 7;
  attempt.interface = "br-lan";
  attempt.client_mac = *MacAddress::parse("02:00:5e:10:00:01");
  attempt.flow = *FiveTuple::parse("tcp 192.168.1.20:40000 > 192.0.2.1:25");
  attempt.started = attempt.last = *parse_timestamp("2026-11-24T12:03:11Z");
  attempt.outcome = Outcome::kReset;
  attempt.smtp.emplace().banner = "mx\x1b[31m\xff";
  attempt.smtp->recipient_hashes = {1, 2};
  attempt.smtp->refusals = {{Refusal::kBlockList, 550, "zen.example", 2}};
  EXPECT_EQ(to_json_line({{"capture", 1, 2, attempt.last}, attempt}),
            R"({"epoch":1,"probe":"capture","record":{"client_mac":"02:00:5e:10:00:01",)"
            R"("flow":"tcp 192.168.1.20:40000 > 192.0.2.1:25","id":7,"interface":"br-lan",)"
            R"("last":"2026-11-24T12:03:11.000000Z","outcome":"reset","smtp":{"banner":"mx\u001b[31m\ufffd",)"
            R"("refusals":[{"code":550,"count":2,"kind":"block-list","list":"zen.example"}]},)"
            R"("started":"2026-11-24T12:03:11.000000Z"},"seq":2,"time":"2026-11-24T12:03:11.000000Z",)"
            R"("type":"attempt","v":1})");
}

}  // namespace
}  // namespace gatewitness::wire
