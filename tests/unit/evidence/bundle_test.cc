// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/bundle.h"

#include <gtest/gtest.h>

#include "daemon/evidence/verify.h"
#include "probes/wire/codec.h"

namespace gatewitness::evidence {
namespace {

using nlohmann::json;

const Timestamp kMade{std::chrono::seconds(1'795'000'000)};

SigningKey key_of(uint8_t number) {
  std::array<uint8_t, SigningKey::kSeedBytes> seed{};
  seed[0] = number;
  return SigningKey(seed);
}

wire::Attempt fridges_attempt() {
  wire::Attempt attempt;
  attempt.id = 7;
  attempt.flow = {{*IpAddress::parse("192.168.1.20"), 40000}, {*IpAddress::parse("198.51.100.9"), 25}, 6};
  attempt.started = attempt.last = kMade;
  return attempt;
}

Row row_of(const wire::Attempt& attempt) {
  const auto message = wire::encode({{"capture", 1, 0, kMade}, attempt});
  return {
      "attempts",
      {{"number", 1},
       {"record", {{"base64", to_base64({reinterpret_cast<const char*>(message.data()), message.size()})}}}}};
}

Material material() {
  Material material;
  material.kind = "attribution";
  material.statement = {{"sentence", "The fridge did it."},
                        {"candidates", {{{"session", {{"flow", to_string(fridges_attempt().flow)}}}}}}};
  material.rows = {row_of(fridges_attempt()), {"gaps", {{"probe", "capture"}, {"count", 0}}}};
  wire::Frame frame;
  frame.attempt = 7;
  frame.length = 74;
  frame.bytes = std::string(54, '\x01');
  material.frames = {{kMade, frame}};
  return material;
}

std::string bundle() {
  return make_bundle(material(), kMade, "gatewitness test", key_of(1));
}

const Check* check(const Verification& verification, std::string_view name) {
  for (const auto& one : verification.checks)
    if (one.name == name) return &one;
  return nullptr;
}

TEST(Bundle, IsWholeAndSaysWhatItProves) {
  const auto verification = verify(bundle(), key_of(1).public_key());
  for (const auto& one : verification.checks) EXPECT_TRUE(one.passed) << one.name << ": " << one.text;
  EXPECT_TRUE(verification.whole());
  EXPECT_EQ(verification.sentence, "The fridge did it.");
  EXPECT_EQ(verification.rows, 2U);
  EXPECT_EQ(verification.frames, 1U);
  EXPECT_EQ(count_frames(verification.pcapng), 1U);
  EXPECT_GE(verification.proves.size(), 3U);
  EXPECT_GE(verification.does_not_prove.size(), 4U);
}

TEST(Bundle, TheSameMaterialGivesTheSameBytes) {
  EXPECT_EQ(bundle(), bundle());
}

TEST(Bundle, OneAlteredByteIsFoundWhereverItIs) {
  const std::string whole = bundle();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char change : {'\x01', '\x20'}) {
      std::string altered = whole;
      altered[i] = static_cast<char>(altered[i] ^ change);
      EXPECT_FALSE(verify(altered, std::nullopt).whole()) << "byte " << i;
    }
  }
}

TEST(Bundle, BytesAddedOrTakenAwayAreFound) {
  const std::string whole = bundle();
  EXPECT_FALSE(verify(whole + "\n", std::nullopt).whole());
  EXPECT_FALSE(verify(" " + whole, std::nullopt).whole());
  EXPECT_FALSE(verify(whole.substr(0, whole.size() - 1), std::nullopt).whole());
  // The same document in other words.
  EXPECT_FALSE(verify(json::parse(whole).dump(2), std::nullopt).whole());
}

// Who has no key can make all of the hashes fit, but not the signature.
TEST(Bundle, AForgerWithAKeyOfHisOwnIsFoundByTheKey) {
  Material forged = material();
  forged.statement["sentence"] = "The laptop did it.";
  const std::string file = make_bundle(forged, kMade, "gatewitness test", key_of(2));
  EXPECT_TRUE(verify(file, std::nullopt).whole()) << "by its own word it is";
  const auto verification = verify(file, key_of(1).public_key());
  EXPECT_FALSE(verification.whole());
  EXPECT_FALSE(check(verification, "key")->passed);

  json claims_another = json::parse(file);
  claims_another["key"] = to_hex(key_of(1).public_key());
  EXPECT_FALSE(check(verify(canonical(claims_another), key_of(1).public_key()), "signature")->passed);
}

TEST(Bundle, RowsCannotBeSwappedTakenOutOrTurned) {
  const json whole = json::parse(bundle());
  json swapped = whole, without = whole;
  std::swap(swapped["rows"][0], swapped["rows"][1]);
  without["rows"].erase(1);
  EXPECT_FALSE(check(verify(canonical(swapped), std::nullopt), "rows")->passed);
  EXPECT_FALSE(check(verify(canonical(without), std::nullopt), "rows")->passed);
}

TEST(Bundle, AStatementMustHaveItsRows) {
  Material bare = material();
  bare.rows.erase(bare.rows.begin());
  const auto verification = verify(make_bundle(bare, kMade, "x", key_of(1)), std::nullopt);
  EXPECT_FALSE(verification.whole());
  EXPECT_FALSE(check(verification, "connections")->passed);
  bare.cut = true;
  EXPECT_TRUE(verify(make_bundle(bare, kMade, "x", key_of(1)), std::nullopt).whole())
      << "it says that it was cut";
}

TEST(Bundle, WhatIsNoEvidenceFileIsRefusedInOneLine) {
  for (
      const std::string& text :
      {std::string(), std::string("{}"), std::string("null"), std::string("[1"), std::string(100'000, '['),
       std::string(R"({"format":"gatewitness-evidence","version":2})"),
       std::string(R"({"format":"gatewitness-evidence","version":1})"),
       std::string(
           R"({"format":"gatewitness-evidence","version":1,"rows":[5],"frames":[],"subject":7,"hashes":0})")}) {
    const auto verification = verify(text, std::nullopt);
    EXPECT_FALSE(verification.whole()) << text.substr(0, 60);
    for (const auto& one : verification.checks) EXPECT_EQ(one.text.find('\n'), std::string::npos);
  }
}

TEST(Digest, VectorsOfTheStandards) {
  // FIPS 180-4, "abc"; RFC 8032 section 7.1, test 1; RFC 4648 section 10.
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::array<uint8_t, 32> seed{};
  ASSERT_TRUE(from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", seed));
  const SigningKey key(seed);
  EXPECT_EQ(to_hex(key.public_key()), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(to_hex(key.sign("")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(from_base64("Zm9vYmE="), "fooba");
  EXPECT_FALSE(from_base64("Zm9vYmE"));
  EXPECT_FALSE(from_base64("Zm9v YmFy"));
  EXPECT_FALSE(from_hex("D7", std::span<uint8_t>(seed.data(), 1))) << "one way to write it";
}

}  // namespace
}  // namespace gatewitness::evidence
