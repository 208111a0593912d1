// SPDX-License-Identifier: Apache-2.0
//
// Endpoints and five-tuples: what is read, what is refused, how they print, turn round, order and hash.
#include "probes/wire/flow.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace gatewitness {
namespace {

using std::string_literals::operator""s;

TEST(Endpoint, ReadsAndPrints) {
  const std::pair<const char*, const char*> cases[] = {
      {"192.0.2.1:25", "192.0.2.1:25"},
      {"192.0.2.1:0", "192.0.2.1:0"},
      {"192.0.2.1:65535", "192.0.2.1:65535"},
      {"[2001:DB8:0::1]:587", "[2001:db8::1]:587"},
      {"[::]:1", "[::]:1"},
      {"[::ffff:192.0.2.1]:25", "[::ffff:192.0.2.1]:25"},
  };
  for (const auto& [text, want] : cases) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), want);
    EXPECT_EQ(Endpoint::parse(want), endpoint);
  }
}

TEST(Endpoint, RefusesWhatIsNone) {
  for (const std::string& text : {""s,
                                  ":"s,
                                  "192.0.2.1"s,
                                  "192.0.2.1:"s,
                                  ":25"s,
                                  "192.0.2.1:65536"s,
                                  "192.0.2.1:-1"s,
                                  "192.0.2.1:+25"s,
                                  "192.0.2.1:025"s,
                                  "192.0.2.1: 25"s,
                                  "192.0.2.1:25 "s,
                                  "192.0.2.1:0x19"s,
                                  "[192.0.2.1]:25"s,
                                  "2001:db8::1:25"s,
                                  "[2001:db8::1]"s,
                                  "[2001:db8::1]25"s,
                                  "[]:25"s,
                                  "[:25"s,
                                  "]:25"s,
                                  "[[::1]]:25"s,
                                  "192.0.2.1:25\0"s,
                                  "192.0.2.1:99999999999999999999"s}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

TEST(FiveTuple, ReadsAndPrints) {
  const std::pair<const char*, const char*> cases[] = {
      {"tcp 192.168.1.20:40000 > 192.0.2.1:25", "tcp 192.168.1.20:40000 > 192.0.2.1:25"},
      {"6 192.168.1.20:40000 > 192.0.2.1:25", "tcp 192.168.1.20:40000 > 192.0.2.1:25"},
      {"udp [fd00::1]:68 > [fd00::2]:67", "udp [fd00::1]:68 > [fd00::2]:67"},
      {"132 10.0.0.1:1 > 10.0.0.2:2", "132 10.0.0.1:1 > 10.0.0.2:2"},
      {"0 10.0.0.1:0 > 10.0.0.2:0", "0 10.0.0.1:0 > 10.0.0.2:0"},
  };
  for (const auto& [text, want] : cases) {
    const auto tuple = FiveTuple::parse(text);
    ASSERT_TRUE(tuple) << text;
    EXPECT_EQ(to_string(*tuple), want);
    EXPECT_EQ(FiveTuple::parse(want), tuple);
  }
}

TEST(FiveTuple, RefusesWhatIsNone) {
  for (const std::string& text :
       {""s, "tcp"s, " > "s, "tcp 1.2.3.4:1 >5.6.7.8:2"s, "tcp 1.2.3.4:1 > "s, "1.2.3.4:1 > 5.6.7.8:2"s,
        "TCP 1.2.3.4:1 > 5.6.7.8:2"s, "sctp 1.2.3.4:1 > 5.6.7.8:2"s, "256 1.2.3.4:1 > 5.6.7.8:2"s,
        "06 1.2.3.4:1 > 5.6.7.8:2"s, "tcp  1.2.3.4:1 > 5.6.7.8:2"s, "tcp 1.2.3.4:1 > [::1]:2"s,
        "tcp [::1]:2 > 1.2.3.4:1"s, "tcp 1.2.3.4:1 > 5.6.7.8:2 > 9.9.9.9:3"s,
        "tcp 1.2.3.4:1 > 5.6.7.8:2\n"s}) {
    EXPECT_FALSE(FiveTuple::parse(text)) << text;
  }
}

TEST(FiveTuple, TurnsRoundOrdersAndHashes) {
  const auto tuple = *FiveTuple::parse("tcp 192.168.1.20:40000 > 192.0.2.1:25");
  EXPECT_EQ(to_string(tuple.reversed()), "tcp 192.0.2.1:25 > 192.168.1.20:40000");
  EXPECT_EQ(tuple.reversed().reversed(), tuple);
  EXPECT_LT(tuple, *FiveTuple::parse("tcp 192.168.1.20:40001 > 192.0.2.1:25"));
  EXPECT_NE(tuple, *FiveTuple::parse("udp 192.168.1.20:40000 > 192.0.2.1:25"));
  const std::hash<FiveTuple> hash;
  EXPECT_NE(hash(tuple), hash(tuple.reversed()));
  EXPECT_EQ(hash(tuple), hash(tuple.reversed().reversed()));
}

// The table that is keyed by them must not degrade on the commonest pattern: one device, one server, many
// ports.
TEST(FiveTuple, NeighbouringPortsHashApart) {
  auto tuple = *FiveTuple::parse("tcp 192.168.1.20:0 > 192.0.2.1:25");
  std::unordered_set<std::size_t> hashes;
  for (unsigned port = 0; port < 65536; ++port) {
    tuple.source.port = static_cast<uint16_t>(port);
    hashes.insert(std::hash<FiveTuple>{}(tuple));
  }
  EXPECT_GT(hashes.size(), 65000U);
}

}  // namespace
}  // namespace gatewitness
