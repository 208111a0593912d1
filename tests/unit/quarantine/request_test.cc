// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/request.h"

#include <gtest/gtest.h>

#include <random>

namespace gatewitness::quarantine {
namespace {

using namespace std::chrono_literals;

const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");

IpAddress ip(std::string_view text) {
  return *IpAddress::parse(text);
}

TEST(Request, SaysWhatItRead) {
  const struct {
    const char* text;
    Request want;
  } cases[] = {
      {"list", List{}},
      {"unblock 8c:79:f5:10:00:01", Unblock{{kFridge}}},
      {"unblock gateway", Unblock{}},
      {"move 8c:79:f5:10:00:01", Move{{kFridge}, {}}},
      {"move 8c:79:f5:10:00:01 192.168.1.9", Move{{kFridge}, {ip("192.168.1.9")}}},
      {"block 8c:79:f5:10:00:01 mail 86400 owner 192.168.1.9 2001:db8::9",
       Block{{kFridge}, Scope::kMail, 86400s, {}, {ip("192.168.1.9"), ip("2001:db8::9")}}},
      {"block 8c:79:f5:10:00:01 all 1 owner:7", Block{{kFridge}, Scope::kAll, 1s, {false, 7}, {}}},
      {"block gateway mail 31536000 automatic:18446744073709551615",
       Block{{}, Scope::kMail, kLongest, {true, UINT64_MAX}, {}}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto request = parse_request(c.text);
    ASSERT_TRUE(request) << request.error();
    EXPECT_TRUE(*request == c.want);
    EXPECT_EQ(to_text(*request), c.text);
  }
}

TEST(Request, AnAddressStandsOnceAndInItsOwnFamily) {
  const auto request = parse_request("move gateway ::ffff:192.0.2.1 192.0.2.1 192.0.2.1");
  ASSERT_TRUE(request);
  EXPECT_EQ(to_text(*request), "move gateway 192.0.2.1");
}

TEST(Request, RefusesEverythingElse) {
  std::string many = "move gateway";
  for (std::size_t i = 1; i <= kMaxAddresses + 1; ++i) many += " 10.0.0." + std::to_string(i);
  const struct {
    const char* name;
    std::string text;
    const char* says;
  } cases[] = {
      {"nothing", "", "must be one of"},
      {"a blank", " ", "must be one of"},
      {"blanks", "unblock  gateway", "must be one of"},
      {"blank at the end", "list ", "must be one of"},
      {"too many words", "list all", "must be one of"},
      {"another word", "flush ruleset", "must be one of"},
      {"in capitals", "LIST", "must be one of"},
      {"two requests", "list\nlist", "must be one of"},
      {"no target", "unblock", "must be one of"},
      {"two targets", "unblock gateway gateway", "must be one of"},
      {"half a MAC", "unblock 8c:79:f5", "the target must be"},
      {"a group", "unblock 01:00:5e:00:00:01", "the target must be"},
      {"broadcast", "unblock ff:ff:ff:ff:ff:ff", "the target must be"},
      {"zero", "unblock 00:00:00:00:00:00", "the target must be"},
      {"a set", "unblock @all_macs", "the target must be"},
      {"another scope", "block gateway most 60 owner", "mail or all"},
      {"no time", "block gateway mail owner", "must be one of"},
      {"zero time", "block gateway mail 0 owner", "from 1 to 31536000"},
      {"too long", "block gateway mail 31536001 owner", "from 1 to 31536000"},
      {"longer than a number", "block gateway mail 99999999999999999999 owner", "from 1 to 31536000"},
      {"a negative time", "block gateway mail -1 owner", "from 1 to 31536000"},
      {"leading zero", "block gateway mail 060 owner", "from 1 to 31536000"},
      {"another cause", "block gateway mail 60 god", "the cause must be"},
      {"incident zero", "block gateway mail 60 owner:0", "the cause must be"},
      {"automatic for nothing", "block gateway mail 60 automatic", "the cause must be"},
      {"a prefix", "block gateway mail 60 owner 10.0.0.0/8", "an address must be"},
      {"everybody", "block gateway mail 60 owner 0.0.0.0", "an address must be"},
      {"everybody in IPv6", "block gateway mail 60 owner ::", "an address must be"},
      {"everybody, mapped", "block gateway mail 60 owner ::ffff:0.0.0.0", "an address must be"},
      {"loopback", "block gateway mail 60 owner 127.0.0.1", "an address must be"},
      {"multicast", "block gateway mail 60 owner ff02::1", "an address must be"},
      {"a rule", "block gateway mail 60 owner 10.0.0.1;flush", "an address must be"},
      {"too many addresses", many, "at most 32 addresses"},
      {"longer than a message", std::string(kMaxLine + 1, 'a'), "at most 2048 bytes"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto request = parse_request(c.text);
    ASSERT_FALSE(request);
    EXPECT_NE(request.error().find(c.says), std::string::npos) << request.error();
    EXPECT_EQ(request.error().find('\n'), std::string::npos);
  }
}

// What is read is written again the same, whatever is done to a good request.
TEST(Request, MutationsAreRefusedOrMeanWhatTheySay) {
  std::mt19937 random(12);
  const std::string good = "block 8c:79:f5:10:00:01 mail 86400 automatic:12 192.168.1.9 2001:db8::9";
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0)
        text.erase(at, 1);
      else
        text[at] = static_cast<char>(random() % 256);
    }
    const auto request = parse_request(text);
    if (!request) continue;
    ++accepted;
    const auto again = parse_request(to_text(*request));
    ASSERT_TRUE(again && *again == *request) << text;
  }
  EXPECT_GT(accepted, 100U);
  EXPECT_LT(accepted, 15'000U);
}

TEST(Reply, ThereAndBack) {
  const Reply reply{{3, 1, 2},
                    {"it cannot be written down"},
                    {{{}, Scope::kMail, Timestamp(1'790'000'000s), 60s, {true, 5}, {ip("203.0.113.7")}},
                     {{kFridge}, Scope::kAll, Timestamp(1'790'000'001s), 90s, {}, {}}}};
  const std::string text = to_text(std::expected<Reply, std::string>(reply));
  EXPECT_EQ(text,
            "ok 3 1 2\nnote it cannot be written down\n"
            "gateway mail 1790000000000000 60 automatic:5 203.0.113.7\n"
            "8c:79:f5:10:00:01 all 1790000001000000 90 owner\n");
  const auto read = parse_reply(text);
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(*read == reply);
}

TEST(Reply, AnErrorIsOneLine) {
  const std::string text = to_text(std::expected<Reply, std::string>(std::unexpected("no\nroom \x1b[31m")));
  EXPECT_EQ(text, "error no\\x0aroom \\x1b[31m\n");
  EXPECT_EQ(parse_reply(text).error(), "no\\x0aroom \\x1b[31m");
}

TEST(Reply, WhatIsNoneIsSaidToBeNone) {
  for (const char* text :
       {"", "ok", "ok 0 0 0", "ok 0 0\n", "ok 0 0 x\n", "fine\n", "ok 0 0 0\n\n",
        "ok 0 0 0\n8c:79:f5:10:00:01 mail 1 60\n", "ok 0 0 0\ngateway mail 1 60 owner 0.0.0.0\n",
        "ok 0 0 0\ngateway mail 9999999999999999999 60 owner\n"}) {
    const auto reply = parse_reply(text);
    ASSERT_FALSE(reply) << text;
    EXPECT_NE(reply.error().find("the guard's reply"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace gatewitness::quarantine
