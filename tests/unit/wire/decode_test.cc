// SPDX-License-Identifier: Apache-2.0
//
// What strangers may send: what is ignored, what is refused and under which name, and that nothing overflows.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "probes/wire/codec.h"
#include "probes/wire/well_formed.h"
#include "tests/unit/wire/random_record.h"

namespace gatewitness::wire {
namespace {

using nlohmann::json;
using Bytes = std::vector<uint8_t>;

json good() {
  return {{"v", 1},
          {"probe", "stranger"},
          {"epoch", 1},
          {"seq", 0},
          {"time", 1'795'521'791'000'000},
          {"type", "address_claim"},
          {"record",
           {{"mac", json::binary({2, 0, 0x5e, 0x10, 0, 1})},
            {"address", json::binary({192, 168, 1, 20})},
            {"source", 0}}}};
}

// "" where the message is accepted, else the fault and the field.
std::string verdict(const Bytes& bytes) {
  const auto result = decode(bytes);
  if (result) return "";
  static constexpr std::array<const char*, kDecodeFaults> kNames = {"too long", "not cbor", "version", "type",
                                                                    "field"};
  return std::string(kNames[static_cast<std::size_t>(result.error().fault)]) + ": " + result.error().detail;
}
std::string verdict(const json& tree) {
  return verdict(json::to_cbor(tree));
}

// The good message with this at that place.
std::string verdict_with(const char* place, const json& value) {
  json tree = good();
  tree[json::json_pointer(place)] = value;
  return verdict(tree);
}
std::string verdict_without(const char* place) {
  json tree = good();
  const json::json_pointer pointer(place);
  tree[pointer.parent_pointer()].erase(pointer.back());
  return verdict(tree);
}

TEST(Decode, AcceptsTheExampleAndIgnoresWhatItDoesNotKnow) {
  EXPECT_EQ(verdict(good()), "");
  for (const char* place : {"/more", "/record/more"})
    for (const json& value : {json(nullptr), json(-1), json(1.5), json::array({1, {{"a", json::array()}}}),
                              json(std::numeric_limits<double>::quiet_NaN()), json::binary({1}), json("x")})
      EXPECT_EQ(verdict_with(place, value), "") << place;
  EXPECT_EQ(verdict_with("/", 1), "");  // a key of no length
}

TEST(Decode, RefusesUnknownVersionsUnderTheirOwnName) {
  for (const json& version : {json(0), json(2), json(99), json(std::numeric_limits<uint64_t>::max())}) {
    EXPECT_EQ(verdict_with("/v", version), "version: v");
    EXPECT_EQ(verdict(json{{"v", version}, {"nothing", "that we know"}}), "version: v");
  }
  EXPECT_EQ(verdict_with("/type", "weather"), "type: type");
  EXPECT_EQ(verdict_with("/type", ""), "type: type");
}

TEST(Decode, NamesTheFieldThatIsWrong) {
  struct Case {
    const char* place;
    json value;
    const char* want;
  };
  const json text(std::string(33, 'x'));
  const Case cases[] = {
      {"/v", "1", "field: v"},
      {"/v", -1, "field: v"},
      {"/v", 1.0, "field: v"},
      {"/probe", "", "field: probe"},
      {"/probe", "Stranger", "field: probe"},
      {"/probe", "a b", "field: probe"},
      {"/probe", "a\x1b", "field: probe"},
      {"/probe", std::string(33, 'a'), "field: probe"},
      {"/probe", 5, "field: probe"},
      {"/epoch", -1, "field: epoch"},
      {"/epoch", true, "field: epoch"},
      {"/seq", 1.0, "field: seq"},
      {"/seq", nullptr, "field: seq"},
      {"/time", -1, "field: time"},
      {"/time", 253'402'300'800'000'000, "field: time"},
      {"/time", std::numeric_limits<uint64_t>::max(), "field: time"},
      {"/time", "2026-11-24T12:03:11Z", "field: time"},
      {"/time", std::numeric_limits<double>::infinity(), "field: time"},
      {"/type", 3, "field: type"},
      {"/type", json::binary({'a'}), "field: type"},
      {"/record", json::array(), "field: record"},
      {"/record", nullptr, "field: record"},
      {"/record/mac", "02:00:5e:10:00:01", "field: record.mac"},
      {"/record/mac", json::binary({1, 2, 3, 4, 5}), "field: record.mac"},
      {"/record/mac", json::binary({1, 2, 3, 4, 5, 6, 7}), "field: record.mac"},
      {"/record/address", json::binary({}), "field: record.address"},
      {"/record/address", json::binary({1, 2, 3, 4, 5}), "field: record.address"},
      {"/record/address", "192.168.1.20", "field: record.address"},
      {"/record/source", 6, "field: record.source"},
      {"/record/source", 256, "field: record.source"},
      {"/record/source", "dhcp", "field: record.source"},
      {"/record/lease_s", 4'294'967'296, "field: record.lease_s"},
      {"/record/lease_s", nullptr, "field: record.lease_s"},
      {"/record/lease_s", std::numeric_limits<double>::quiet_NaN(), "field: record.lease_s"},
      {"/record/withdrawn", 1, "field: record.withdrawn"},
      {"/record/interface", text, "field: record.interface"},
      {"/record/interface", json::array({"br-lan"}), "field: record.interface"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(verdict_with(c.place, c.value), c.want) << c.place << " = " << c.value;
  for (const char* place : {"/v", "/probe", "/epoch", "/seq", "/time", "/type", "/record"})
    EXPECT_EQ(verdict_without(place), "field: " + std::string(place + 1));
  for (const char* field : {"mac", "address", "source"})
    EXPECT_EQ(verdict_without((std::string("/record/") + field).c_str()),
              "field: record." + std::string(field));
}

TEST(Decode, AcceptsTheEdges) {
  EXPECT_EQ(verdict_with("/time", 253'402'300'799'999'999), "");
  EXPECT_EQ(verdict_with("/epoch", std::numeric_limits<uint64_t>::max()), "");
  EXPECT_EQ(verdict_with("/seq", std::numeric_limits<uint64_t>::max()), "");
  EXPECT_EQ(verdict_with("/record/lease_s", 4'294'967'295), "");
  EXPECT_EQ(verdict_with("/record/source", 5), "");
  EXPECT_EQ(verdict_with("/record/interface", std::string(32, 'x')), "");
  EXPECT_EQ(verdict_with("/record/interface", json::binary({0xff, 0x00})), "");
  EXPECT_EQ(verdict_with("/probe", std::string(32, 'a')), "");
}

TEST(Decode, AFiveTupleIsOfOneFamilyAndFive) {
  const json four = json::binary({192, 0, 2, 1});
  const json six = json::binary(Bytes(16, 1));
  const auto verdict_of = [&](const json& flow) {
    json tree = good();
    tree["type"] = "attempt";
    tree["record"] = {{"id", 1}, {"flow", flow}, {"started", 0}, {"last", 0}};
    return verdict(tree);
  };
  EXPECT_EQ(verdict_of({four, 1, four, 25, 6}), "");
  EXPECT_EQ(verdict_of({six, 65535, six, 0, 255}), "");
  for (const json& flow : {json{four, 1, six, 25, 6}, json{four, 1, four, 25}, json{four, 1, four, 25, 6, 7},
                           json{four, 65536, four, 25, 6}, json{four, 1, four, 25, 256},
                           json{four, -1, four, 25, 6}, json::array(), json{{"source", four}}, json("tcp")})
    EXPECT_EQ(verdict_of(flow), "field: record.flow") << flow;
}

TEST(Decode, APrefixIsNoLongerThanItsAddress) {
  const auto verdict_of = [](const json& address, unsigned length) {
    json tree = good();
    tree["type"] = "local_address";
    tree["record"] = {{"address", address}, {"prefix_length", length}};
    return verdict(tree);
  };
  const json four = json::binary({192, 0, 2, 1});
  const json six = json::binary(Bytes(16, 1));
  EXPECT_EQ(verdict_of(four, 0), "");
  EXPECT_EQ(verdict_of(four, 32), "");
  EXPECT_EQ(verdict_of(four, 33), "field: record.prefix_length");
  EXPECT_EQ(verdict_of(six, 128), "");
  EXPECT_EQ(verdict_of(six, 129), "field: record.prefix_length");
}

// Each list and text, at its cap and one past it.
TEST(Decode, CapsHoldAtTheLimitAndOnePast) {
  struct Case {
    const char* type;
    const char* place;
    json item;  // null: a text
    std::size_t cap;
  };
  const Case cases[] = {
      {"attempt", "/record/interface", nullptr, 32},
      {"attempt", "/record/application", nullptr, kMaxText},
      {"attempt", "/record/syn_fingerprint", nullptr, kMaxText},
      {"attempt", "/record/other_client_macs", json::binary({1, 2, 3, 4, 5, 6}), kMaxMacs},
      {"attempt", "/record/smtp/banner", nullptr, kMaxText},
      {"attempt", "/record/smtp/ehlo", nullptr, kMaxEhlo},
      {"attempt", "/record/smtp/sni", nullptr, kMaxEhlo},
      {"attempt", "/record/smtp/auth_mechanism", nullptr, kMaxText},
      {"attempt", "/record/smtp/mail_from_domains", "d", kMaxDomains},
      {"attempt", "/record/smtp/mail_from_domains/0", nullptr, kMaxEhlo},
      {"attempt", "/record/smtp/sender_hashes", 1, kMaxHashes},
      {"attempt", "/record/smtp/recipient_hashes", 1, kMaxHashes},
      {"attempt", "/record/smtp/queue_ids", "q", kMaxQueueIds},
      {"attempt", "/record/smtp/queue_ids/0", nullptr, kMaxEhlo},
      {"attempt", "/record/smtp/refusals", {{"kind", 0}}, kMaxRefusals},
      {"binding", "/record/tcp_state", nullptr, kMaxText},
      {"identity_fact", "/record/value", nullptr, kMaxText},
      {"mx_query", "/record/name", nullptr, kMaxEhlo},
      {"probe_status", "/record/note", nullptr, kMaxText},
      {"frame", "/record/bytes", nullptr, kMaxEhlo},
      {"probe_status", "/record/interfaces", {{"up", true}}, kMaxInterfaces},
      {"probe_status", "/record/counters", {{"value", 1}}, kMaxCounters},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.place);
    for (std::size_t type = 0; type < std::variant_size_v<Record>; ++type) {
      if (type_name(empty_record(type)) != c.type) continue;
      json tree = json::from_cbor(encode({{"p", 0, 0, Timestamp{}}, empty_record(type)}));
      const auto put = [&](std::size_t count) {
        tree[json::json_pointer(c.place)] =
            c.item.is_null() ? json(std::string(count, 'x')) : json(count, c.item);
        return verdict(tree);
      };
      EXPECT_EQ(put(c.cap), "");
      EXPECT_TRUE(put(c.cap + 1).starts_with("field: record.")) << put(c.cap + 1);
    }
  }
}

TEST(Decode, RefusesEveryMessageThatIsCutShortOrHasSomethingAfterIt) {
  for (std::size_t type = 0; type < std::variant_size_v<Record>; ++type) {
    const auto whole = encode(filled(type, RandomFiller(type)));
    for (std::size_t length = 0; length < whole.size(); ++length)
      ASSERT_EQ(verdict(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))),
                "not cbor: message");
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_EQ(verdict(longer), longer.size() > kMaxMessage ? "too long: message" : "not cbor: message");
  }
}

TEST(Decode, RefusesMoreThanAMessageHolds) {
  json tree = good();
  tree["pad"] = "";
  const std::size_t base = json::to_cbor(tree).size();
  tree["pad"] = std::string(kMaxMessage - base - 2, 'x');  // a length of two bytes more
  ASSERT_EQ(json::to_cbor(tree).size(), kMaxMessage);
  EXPECT_EQ(verdict(tree), "");
  tree["pad"] = std::string(kMaxMessage - base - 1, 'x');
  EXPECT_EQ(verdict(tree), "too long: message");
  EXPECT_EQ(verdict(Bytes(1 << 20, 0x80)), "too long: message");
}

// One item that fills a message with openings. The library would recurse once for each.
TEST(Decode, NestingIsRefusedBeforeItCanOverflow) {
  const std::pair<const char*, Bytes> openings[] = {
      {"arrays", {0x81}},
      {"arrays of indefinite length", {0x9f}},
      {"maps", {0xa1, 0x60}},
      {"maps of indefinite length", {0xbf, 0x60}},
      {"tags", {0xc0}},
      {"tags of embedded items", {0xd8, 0x18}},
      {"texts of indefinite length", {0x7f}},
      {"byte strings of indefinite length", {0x5f}},
      {"arrays in maps", {0xa1, 0x60, 0x81}},
      {"keys that are maps", {0xa1}},
  };
  for (const auto& [name, opening] : openings) {
    Bytes hostile;
    while (hostile.size() + opening.size() <= kMaxMessage)
      hostile.insert(hostile.end(), opening.begin(), opening.end());
    EXPECT_EQ(verdict(hostile), "not cbor: message") << name;
    Bytes within = json::to_cbor(good());  // as the value of an unknown field
    ++within[0];
    within.insert(within.end(), {0x61, 'm'});
    within.insert(within.end(), hostile.begin(), hostile.end() - static_cast<std::ptrdiff_t>(within.size()));
    EXPECT_EQ(verdict(within), "not cbor: message") << name;
  }
}

TEST(Decode, DepthHoldsAtTheLimitAndOnePast) {
  const auto nested = [](std::size_t levels) {
    json value = 1;
    for (std::size_t i = 0; i < levels; ++i) value = json::array({value});
    return value;
  };
  EXPECT_EQ(verdict_with("/more", nested(kMaxDepth - 1)), "");  // the envelope is the first level
  EXPECT_EQ(verdict_with("/more", nested(kMaxDepth)), "not cbor: message");
}

TEST(Decode, HugeLengthsAreNotBelieved) {
  for (const unsigned major : {0x40U, 0x60U, 0x80U, 0xa0U}) {
    for (const Bytes& length :
         {Bytes{0x18, 0xff}, Bytes{0x19, 0xff, 0xff}, Bytes{0x1a, 0xff, 0xff, 0xff, 0xff},
          Bytes{0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
          Bytes{0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}) {
      Bytes message = {0xa1, 0x61, 'v'};
      message.insert(message.end(), length.begin(), length.end());
      message[3] = static_cast<uint8_t>(message[3] | major);
      message.push_back(0x00);
      EXPECT_EQ(verdict(message), "not cbor: message");
      message.erase(message.begin(), message.begin() + 3);
      EXPECT_EQ(verdict(message), "not cbor: message");
    }
  }
}

TEST(Decode, IndefiniteLengthsAreReadAsRfc8949HasThem) {
  const auto replaced = [](const Bytes& from, const Bytes& to) {
    Bytes message = json::to_cbor(good());
    const auto at = std::search(message.begin(), message.end(), from.begin(), from.end());
    EXPECT_NE(at, message.end());
    const auto next = message.erase(at, at + static_cast<std::ptrdiff_t>(from.size()));
    message.insert(next, to.begin(), to.end());
    return message;
  };
  const Bytes mac = {0x46, 2, 0, 0x5e, 0x10, 0, 1};
  EXPECT_EQ(verdict(replaced(mac, {0x5f, 0x42, 2, 0, 0x40, 0x44, 0x5e, 0x10, 0, 1, 0xff})), "");
  EXPECT_EQ(verdict(replaced(mac, {0x5f, 0xff})), "field: record.mac");
  // Chunks of another kind, chunks in chunks, no end.
  EXPECT_EQ(verdict(replaced(mac, {0x5f, 0x62, 'a', 'b', 0x44, 0x5e, 0x10, 0, 1, 0xff})),
            "not cbor: message");
  EXPECT_EQ(verdict(replaced(mac, {0x5f, 0x5f, 0x46, 2, 0, 0x5e, 0x10, 0, 1, 0xff, 0xff})),
            "not cbor: message");
  EXPECT_EQ(verdict(replaced(mac, {0x5f, 0x46, 2, 0, 0x5e, 0x10, 0, 1})), "not cbor: message");
  const Bytes name = {0x68, 's', 't', 'r', 'a', 'n', 'g', 'e', 'r'};
  EXPECT_EQ(verdict(replaced(name, {0x7f, 0x64, 's', 't', 'r', 'a', 0x64, 'n', 'g', 'e', 'r', 0xff})), "");
  // The map itself, and an end where a value must be.
  Bytes message = json::to_cbor(good());
  message[0] = 0xbf;
  EXPECT_EQ(verdict(message), "not cbor: message");
  message.push_back(0xff);
  EXPECT_EQ(verdict(message), "");
  message.insert(message.end() - 1, {0x61, 'k'});
  EXPECT_EQ(verdict(message), "not cbor: message");
  // Keys must say their length.
  EXPECT_EQ(verdict(Bytes{0xa1, 0x7f, 0x61, 'v', 0xff, 0x02}), "not cbor: message");
}

TEST(Decode, AKeyThatComesTwiceIsRefusedAtEveryLevel) {
  EXPECT_EQ(verdict(Bytes{0xa2, 0x61, 'v', 0x02, 0x61, 'v', 0x02}), "not cbor: message");
  EXPECT_EQ(verdict(Bytes{0xa1, 0x61, 'v', 0x02}), "version: v");
  const auto nested = [](std::string_view twice) {
    Bytes message = json::to_cbor(good());
    ++message[0];
    message.insert(message.end(),
                   {0x61, 'm', 0x81, 0xa2, 0x61, 'a', 0x00, 0x61, static_cast<uint8_t>(twice[0]), 0x00});
    return message;
  };
  EXPECT_EQ(verdict(nested("b")), "");
  EXPECT_EQ(verdict(nested("a")), "not cbor: message");
}

TEST(Decode, RefusesWhatIsCborButNotOurKind) {
  const std::pair<const char*, Bytes> cases[] = {
      {"nothing", {}},
      {"a number", {0x01}},
      {"an array", {0x80}},
      {"a text", {0x61, 'v'}},
      {"an end alone", {0xff}},
      {"a key that is a number", {0xa1, 0x01, 0x02}},
      {"a key that is a byte string", {0xa1, 0x41, 'v', 0x02}},
      {"undefined", {0xa2, 0x61, 'a', 0xf7, 0x61, 'v', 0x02}},
      {"a simple value", {0xa2, 0x61, 'a', 0xe0, 0x61, 'v', 0x02}},
      {"a simple value of two bytes", {0xa2, 0x61, 'a', 0xf8, 0xff, 0x61, 'v', 0x02}},
      {"a tag", {0xa1, 0x61, 'v', 0xc1, 0x02}},
      {"a reserved length", {0xa1, 0x61, 'v', 0x1c}},
      {"a number of indefinite length", {0xa1, 0x61, 'v', 0x1f}},
      {"an end in a map of known length", {0xa1, 0xff}},
  };
  for (const auto& [name, bytes] : cases) EXPECT_EQ(verdict(bytes), "not cbor: message") << name;
  EXPECT_EQ(verdict(Bytes{0xa0}), "field: v");
  // Floats of each width and the smallest negative number are well-formed; here they are unknown fields.
  for (const Bytes& value : {Bytes{0xf9, 0x7e, 0x00}, Bytes{0xfa, 0x7f, 0x80, 0x00, 0x00},
                             Bytes{0xfb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0},
                             Bytes{0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                             Bytes{0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0}}) {
    Bytes message = {0xa2, 0x61, 'v', 0x02, 0x61, 'a'};
    message.insert(message.end(), value.begin(), value.end());
    EXPECT_EQ(verdict(message), "version: v");
    // As a number that must not be negative.
    message = {0xa1, 0x61, 'v'};
    message.insert(message.end(), value.begin(), value.end());
    EXPECT_EQ(verdict(message), "field: v");
  }
}

TEST(Decode, AnErrorNeverRepeatsWhatWasSent) {
  EXPECT_EQ(verdict_with("/type", "\x1b[31mevil"), "type: type");
  EXPECT_EQ(verdict_with("/probe", "\x1b[31mevil"), "field: probe");
  EXPECT_EQ(verdict_with("/record/\x1b[31mevil", 1), "");
}

// One byte changed anywhere: accepted or refused, never worse; what is accepted can be sent on.
TEST(Decode, EveryChangedByteIsHarmless) {
  for (std::size_t type = 0; type < std::variant_size_v<Record>; ++type) {
    const auto whole = encode(filled(type, RandomFiller(100 + type)));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const uint8_t value : {uint8_t{0x00}, uint8_t{0x1b}, uint8_t{0x7f}, uint8_t{0x9f}, uint8_t{0xbf},
                                  uint8_t{0xff}, static_cast<uint8_t>(whole[i] + 1)}) {
        Bytes changed = whole;
        changed[i] = value;
        const auto result = decode(changed);
        if (!result) continue;
        ASSERT_TRUE(decode(encode(*result))) << type << " at " << i;
      }
    }
  }
}

}  // namespace
}  // namespace gatewitness::wire
