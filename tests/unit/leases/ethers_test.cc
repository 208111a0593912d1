// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/ethers.h"

#include <gtest/gtest.h>

namespace gatewitness::leases {
namespace {

TEST(Ethers, NamesAndNothingElse) {
  const StaticName fridge{*MacAddress::parse("8c:79:f5:10:00:01"), "fridge"};
  const StaticName nas{*MacAddress::parse("00:11:32:10:00:03"), "nas"};
  struct Case {
    const char* name;
    const char* text;
    std::vector<StaticName> names;
    uint64_t bad;
  };
  const Case cases[] = {
      {"empty", "", {}, 0},
      {"remarks", "# 8c:79:f5:10:00:01 x\n\n   # y\n", {}, 0},
      {"two", "8c:79:f5:10:00:01 fridge\n00:11:32:10:00:03\tnas # in the cellar\n", {fridge, nas}, 0},
      {"without leading zeros", "0:11:32:10:0:3 nas", {nas}, 0},
      {"an address in place of a name", "8c:79:f5:10:00:01 192.168.1.20\n00:11:32:10:00:03 fd00::1\n", {}, 0},
      {"what is none",
       "fridge\n8c:79:f5:10:00:01\n8c:79:f5:10:00 x\n8c:79:f5:10:00:001 x\n8c::f5:10:00:01:2 x\n"
       "8c:79:f5:10:00:01 a b\n00:00:00:00:00:00 x\nff:ff:ff:ff:ff:ff x\n8c:79:f5:10:00:0g x\n",
       {},
       9},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const StaticNames read = read_ethers(c.text);
    EXPECT_EQ(read.names, c.names);
    EXPECT_EQ(read.bad_lines, c.bad);
  }
}

TEST(Ethers, HoldsSoManyNamesAndNotOneMore) {
  std::string text;
  for (std::size_t i = 0; i < kMaxStaticNames; ++i) text += "8c:79:f5:10:00:01 n\n";
  EXPECT_EQ(read_ethers(text).refused, 0U);
  EXPECT_EQ(read_ethers(text + "8c:79:f5:10:00:01 n\n").refused, 1U);
  EXPECT_EQ(read_ethers(text + "8c:79:f5:10:00:01 n\n").names.size(), kMaxStaticNames);
}

}  // namespace
}  // namespace gatewitness::leases
