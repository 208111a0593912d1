// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/button.h"

#include <gtest/gtest.h>

namespace gatewitness::alert {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow = *parse_timestamp("2026-11-24T12:00:00Z");
const ButtonKey kKey = {1, 2, 3}, kOther = {9};
const ButtonCommand kCommand = {"mute", "phone", "12", 86400, "0123456789abcdef", kNow + 48h};

TEST(Button, WhatIsSignedIsRead) {
  const std::string token = sign(kKey, kCommand);
  EXPECT_LT(token.size(), 400U);
  const auto command = verify(kKey, token, "phone", kNow);
  ASSERT_TRUE(command);
  EXPECT_EQ(*command, kCommand);
}

TEST(Button, EveryChangedCharacterIsRefused) {
  const std::string token = sign(kKey, kCommand);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify(kKey, changed, "phone", kNow)) << i;
    EXPECT_FALSE(verify(kKey, token.substr(0, i), "phone", kNow)) << i;
  }
  EXPECT_FALSE(verify(kKey, token + "A", "phone", kNow));
}

TEST(Button, SaysWhyItRefuses) {
  const std::string token = sign(kKey, kCommand);
  std::string forged = token;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'x' ? 'y' : 'x';
  ButtonCommand other = kCommand;
  other.action = "reboot";
  const struct {
    const char* name;
    std::string token;
    const char* channel;
    Timestamp now;
    Refusal why;
  } cases[] = {
      {"empty", "", "phone", kNow, Refusal::kForeign},
      {"chatter", "hello", "phone", kNow, Refusal::kForeign},
      {"another gateway's", sign(kOther, kCommand), "phone", kNow, Refusal::kForeign},
      {"another channel's", token, "tablet", kNow, Refusal::kForeign},
      {"another version's", sign(kKey, other), "phone", kNow, Refusal::kForeign},
      {"too long", std::string(5000, 'a'), "phone", kNow, Refusal::kForeign},
      {"forged", forged, "phone", kNow, Refusal::kForged},
      {"its head alone", token.substr(0, token.find('.', 4) + 1), "phone", kNow, Refusal::kForged},
      {"forged and expired", forged, "phone", kNow + 100h, Refusal::kForged},
      {"expired", token, "phone", kNow + 48h, Refusal::kExpired},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto command = verify(kKey, c.token, c.channel, c.now);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error(), c.why);
  }
  EXPECT_TRUE(verify(kKey, token, "phone", kNow + 48h - 1us));
}

TEST(Button, ANonceIsTheSameForTheSameAlertOnly) {
  const std::string nonce = nonce_of(kKey, "e/1", 2, "mute", "phone");
  EXPECT_EQ(nonce.size(), 16U);
  EXPECT_EQ(nonce, nonce_of(kKey, "e/1", 2, "mute", "phone"));
  for (const auto& other :
       {nonce_of(kOther, "e/1", 2, "mute", "phone"), nonce_of(kKey, "e/2", 2, "mute", "phone"),
        nonce_of(kKey, "e/1", 3, "mute", "phone"), nonce_of(kKey, "e/1", 2, "block", "phone"),
        nonce_of(kKey, "e/1", 2, "mute", "tablet")})
    EXPECT_NE(nonce, other);
}

TEST(Base64Url, BothWays) {
  const uint8_t bytes[] = {0xfb, 0xff, 0x00};
  EXPECT_EQ(base64url(bytes), "-_8A");
  EXPECT_EQ(from_base64url("-_8A", 3), std::string("\xfb\xff\0", 3));
  EXPECT_EQ(from_base64url("-w==", 3), "\xfb");
  for (const char* bad : {"+/8A", "-_8A-_8A", "a", "-_8 A"}) EXPECT_FALSE(from_base64url(bad, 3)) << bad;
}

}  // namespace
}  // namespace gatewitness::alert
