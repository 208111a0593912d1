// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/lan.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

const MacAddress kGateway = *MacAddress::parse("02:00:5e:00:00:fe");

class LanTest : public testing::Test {
 protected:
  LanTest() {
    lan_.learn({"br-lan", kGateway, address("192.168.1.1"), 24, false});
    lan_.learn({"br-lan", kGateway, address("2001:db8:1::1"), 64, false});
    lan_.learn({"wan", kGateway, address("203.0.113.7"), 24, false});
    lan_.watched("br-lan");
  }
  Direction direction(const char* from, const char* to, const MacAddress& client = {}) const {
    wire::Attempt attempt;
    attempt.flow = {{address(from), 40000}, {address(to), 25}, 6};
    attempt.client_mac = client;
    return lan_.direction(attempt);
  }
  Lan lan_{NetworkOptions{}};
};

TEST_F(LanTest, TellsWhoSpeaksToWhom) {
  const struct {
    const char* name;
    const char* from;
    const char* to;
    Direction want;
  } cases[] = {
      {"out", "192.168.1.20", "198.51.100.9", Direction::kOutbound},
      {"out, IPv6 of the LAN's prefix", "2001:db8:1::20", "2001:db8:9::9", Direction::kOutbound},
      {"inside", "192.168.1.20", "192.168.1.30", Direction::kInternal},
      {"to the gateway", "192.168.1.20", "203.0.113.7", Direction::kInternal},
      {"in", "198.51.100.9", "192.168.1.30", Direction::kInbound},
      {"the neighbour of the WAN address is no part of the home", "203.0.113.99", "198.51.100.9",
       Direction::kOutbound},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(direction(c.from, c.to), c.want);
  }
  EXPECT_EQ(direction("198.51.100.9", "203.0.113.50", kGateway), Direction::kInbound)
      << "the gateway's MAC carries what comes from outside";
}

TEST_F(LanTest, AnAddressThatIsGoneIsNotTheGatewaysAnyMore) {
  EXPECT_TRUE(lan_.is_gateway(address("203.0.113.7")));
  lan_.learn({"wan", kGateway, address("203.0.113.7"), 24, true});
  EXPECT_FALSE(lan_.is_gateway(address("203.0.113.7")));
}

TEST_F(LanTest, OnlyWatchedInterfacesAreTheHome) {
  EXPECT_TRUE(lan_.is_home(address("2001:db8:1::77")));
  EXPECT_FALSE(lan_.is_home(address("203.0.113.8")));
  EXPECT_TRUE(lan_.is_gateway_mac(kGateway));
  EXPECT_FALSE(lan_.is_gateway_mac(MacAddress{}));
}

TEST_F(LanTest, IsBounded) {
  for (unsigned i = 0; i < Lan::kMaxLocalAddresses + 10; ++i)
    lan_.learn({"x", kGateway, IpAddress::v4({10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}),
                32, false});
  EXPECT_EQ(lan_.local_addresses().size(), Lan::kMaxLocalAddresses);
  for (unsigned i = 0; i < Lan::kMaxInterfaces + 10; ++i) lan_.watched("if" + std::to_string(i));
  EXPECT_EQ(lan_.interfaces().size(), Lan::kMaxInterfaces);
}

}  // namespace
}  // namespace gatewitness
