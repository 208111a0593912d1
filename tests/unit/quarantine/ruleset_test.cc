// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/ruleset.h"

#include <gtest/gtest.h>

namespace gatewitness::quarantine {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1'790'000'000s};
const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");
const MacAddress kLaptop = *MacAddress::parse("3c:22:fb:10:00:02");

Quarantine quarantine(std::optional<MacAddress> mac, Scope scope, Duration rest,
                      std::initializer_list<const char*> addresses = {}) {
  Quarantine made{{mac}, scope, kNow + rest, 3600s, {}, {}};
  for (const char* address : addresses) made.addresses.push_back(*IpAddress::parse(address));
  return made;
}

TEST(Ruleset, WithoutQuarantinesThereIsNoTable) {
  EXPECT_EQ(ruleset({}, {}, kNow), "add table inet gatewitness\ndelete table inet gatewitness\n");
}

TEST(Ruleset, AsAWhole) {
  const Quarantine all[] = {
      quarantine(kFridge, Scope::kMail, 90s, {"192.168.1.23", "2001:db8:1::23", "192.168.1.24"}),
      quarantine(kLaptop, Scope::kAll, 3600s, {"192.168.1.30"}),
      quarantine(std::nullopt, Scope::kMail, 60s, {"203.0.113.7"}),
  };
  EXPECT_EQ(ruleset(all, {.mail_ports = {25, 2526}}, kNow), R"(add table inet gatewitness
delete table inet gatewitness
table inet gatewitness {
  set mail_macs {
    type ether_addr
    flags timeout
    elements = { 8c:79:f5:10:00:01 timeout 90s }
  }
  set mail_addresses4 {
    type ipv4_addr
    flags timeout
    elements = { 192.168.1.23 timeout 90s, 192.168.1.24 timeout 90s }
  }
  set mail_addresses6 {
    type ipv6_addr
    flags timeout
    elements = { 2001:db8:1::23 timeout 90s }
  }
  set all_macs {
    type ether_addr
    flags timeout
    elements = { 3c:22:fb:10:00:02 timeout 3600s }
  }
  set all_addresses4 {
    type ipv4_addr
    flags timeout
    elements = { 192.168.1.30 timeout 3600s }
  }
  set all_addresses6 {
    type ipv6_addr
    flags timeout
  }
  set gateway_ports {
    type inet_service
    flags timeout
    elements = { 25 timeout 60s, 2526 timeout 60s }
  }
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    ether saddr @all_macs counter drop
    ip saddr @all_addresses4 counter drop
    ip daddr @all_addresses4 counter drop
    ip6 saddr @all_addresses6 counter drop
    ip6 daddr @all_addresses6 counter drop
    tcp dport { 25, 2526 } ether saddr @mail_macs counter reject with tcp reset
    tcp dport { 25, 2526 } ip saddr @mail_addresses4 counter reject with tcp reset
    tcp dport { 25, 2526 } ip6 saddr @mail_addresses6 counter reject with tcp reset
  }
  chain output {
    type filter hook output priority filter - 10; policy accept;
    tcp dport @gateway_ports counter reject with tcp reset
  }
}
)");
}

TEST(Ruleset, NeverEndsBeforeItsTimeAndNeverIsForEver) {
  const struct {
    Duration rest;
    const char* want;
  } cases[] = {
      {1us, " timeout 1s"},
      {1s, " timeout 1s"},
      {1s + 1us, " timeout 2s"},
      {0s, " timeout 1s"},
      {-5s, " timeout 1s"},  // nothing may become an element without an end
      {kLongest, " timeout 31536000s"},
      {kLongest * 2, " timeout 31536000s"},
  };
  for (const auto& c : cases) {
    const Quarantine one[] = {quarantine(kFridge, Scope::kMail, c.rest)};
    EXPECT_NE(ruleset(one, {}, kNow).find("8c:79:f5:10:00:01" + std::string(c.want) + " }"),
              std::string::npos)
        << c.rest.count();
  }
}

TEST(Ruleset, AnAddressOfTwoStandsOnceWithTheLongerTime) {
  const Quarantine two[] = {quarantine(kFridge, Scope::kMail, 90s, {"192.168.1.23"}),
                            quarantine(kLaptop, Scope::kMail, 30s, {"192.168.1.23"})};
  EXPECT_NE(ruleset(two, {}, kNow).find("{ 192.168.1.23 timeout 90s }"), std::string::npos);
}

TEST(Ruleset, WithoutRejectItDrops) {
  const Quarantine one[] = {quarantine(kFridge, Scope::kMail, 90s)};
  const auto text = ruleset(one, {.reject = false}, kNow);
  EXPECT_EQ(text.find("reject"), std::string::npos);
  EXPECT_NE(text.find("tcp dport { 25, 465, 587, 2525 } ether saddr @mail_macs counter drop"),
            std::string::npos);
}

}  // namespace
}  // namespace gatewitness::quarantine
