// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/lease_file.h"

#include <gtest/gtest.h>

#include "probes/leases/fields.h"

namespace gatewitness::leases {
namespace {

using namespace std::chrono_literals;

const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");
const MacAddress kNas = *MacAddress::parse("00:11:32:10:00:03");
const Timestamp kEnd = Timestamp(1732536000s);

Lease lease(const MacAddress& mac, const char* address, const char* name, const char* id = "") {
  return {"", mac, *IpAddress::parse(address), kEnd, name, id};
}
Lease on_lan(Lease of) {
  of.interface = "br-lan";
  return of;
}

struct Case {
  const char* name;
  std::string text;
  std::vector<Lease> leases;
  uint64_t bad = 0;
  uint64_t unplaced = 0;
};

void check(const Case& c) {
  SCOPED_TRACE(c.name);
  const LeaseList list = read_leases(c.text);
  EXPECT_EQ(list.leases, c.leases);
  EXPECT_EQ(list.bad_lines, c.bad);
  EXPECT_EQ(list.unplaced, c.unplaced);
}

TEST(LeaseFile, Dnsmasq) {
  Lease for_ever = lease(kFridge, "192.168.1.20", "");
  for_ever.until.reset();
  const std::string v4 = "1732536000 8c:79:f5:10:00:01 192.168.1.20 ";
  const Case cases[] = {
      {"nothing", "", {}},
      {"empty lines", "\n \r\n\t\n", {}},
      {"a name and an id",
       v4 + "Fridge 01:8c:79:f5:10:00:01\n",
       {lease(kFridge, "192.168.1.20", "Fridge", "018c79f5100001")}},
      {"no name and no id", v4 + "* *\n", {lease(kFridge, "192.168.1.20", "")}},
      {"capital letters",
       "1732536000 8C:79:F5:10:00:01 192.168.1.20 F 01:AB\n",
       {lease(kFridge, "192.168.1.20", "F", "01ab")}},
      {"no line break at the end", v4 + "* *", {lease(kFridge, "192.168.1.20", "")}},
      {"for ever", "0 8c:79:f5:10:00:01 192.168.1.20 * *\n", {for_ever}},
      {"a length in place of an end", "43200 8c:79:f5:10:00:01 192.168.1.20 * *\n", {for_ever}},
      {"the DHCPv6 part",
       "duid 00:01:00:01:2e:4c:1b:f0:02:00:5e:00:00:01\n"
       "1732536000 271647235 2001:db8:1::20 nas 00:03:00:01:00:11:32:10:00:03\n"
       "1732536000 T271647235 2001:db8:1::21 * 00:01:00:01:2e:4c:1b:f0:00:11:32:10:00:03\n",
       {lease(kNas, "2001:db8:1::20", "nas", "00030001001132100003"),
        lease(kNas, "2001:db8:1::21", "", "000100012e4c1bf0001132100003")}},
      {"DUIDs without a MAC",
       "1732536000 5 2001:db8::1 a 00:02:00:00:ab:11:01:02\n1732536000 5 2001:db8::2 a *\n"
       "1732536000 5 2001:db8::3 b 00:04:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10\n"
       "1732536000 5 2001:db8::4 c 00:03:00:20:00:11:32:10:00:03\n",
       {},
       0,
       4},
      {"other hardware", "1732536000 20-00:11:22:33:44:55:66:77 192.168.1.9 * *\n", {}, 0, 1},
      {"what is none",
       "x\n1732536000\n" + v4 + "a\n" + v4 +
           "a b c\nsoon 8c:79:f5:10:00:01 192.168.1.20 * *\n"
           "1732536000 8c:79:f5:10:00 192.168.1.20 * *\n1732536000 8c:79:f5:10:00:01 192.168.1 * *\n"
           "-5 8c:79:f5:10:00:01 192.168.1.20 * *\nduid\n1732536000 x 2001:db8::1 a 00:02\n",
       {},
       10},
      {"nobody's MACs",
       "1732536000 00:00:00:00:00:00 192.168.1.20 * *\n"
       "1732536000 ff:ff:ff:ff:ff:ff 192.168.1.20 * *\n",
       {},
       2},
      {"a name beyond the limit", v4 + std::string(129, 'n') + " *\n", {lease(kFridge, "192.168.1.20", "")}},
      {"an id that is no hex", v4 + "a 01:zz\n", {lease(kFridge, "192.168.1.20", "a")}},
  };
  for (const auto& c : cases) check(c);
}

TEST(LeaseFile, Odhcpd) {
  Lease for_ever = on_lan(lease(kFridge, "192.168.1.20", "Fridge"));
  for_ever.until.reset();
  const std::string nas = "# br-lan 00030001001132100003 1a2b nas 1732536000 ";
  const Case cases[] = {
      {"DHCPv4, and lines for /etc/hosts",
       "# br-lan 8c79f5100001 ipv4 Fridge 1732536000 c0a80114 32 192.168.1.20/32\n"
       "192.168.1.20\tFridge.lan\tFridge\n2001:db8:1::20\tnas\n",
       {on_lan(lease(kFridge, "192.168.1.20", "Fridge"))}},
      {"no name",
       "# br-lan 8c79f5100001 ipv4 - 1732536000 c0a80114 32 192.168.1.20/32\n",
       {on_lan(lease(kFridge, "192.168.1.20", ""))}},
      {"a name that odhcpd refuses",
       "# br-lan 8c79f5100001 ipv4 broken\\x20evil/name 1732536000 c0a80114 32 192.168.1.20/32\n",
       {on_lan(lease(kFridge, "192.168.1.20", ""))}},
      {"for ever", "# br-lan 8c79f5100001 ipv4 Fridge -1 c0a80114 32 192.168.1.20/32\n", {for_ever}},
      {"over",
       "# br-lan 8c79f5100001 ipv4 Fridge 0 c0a80114 32 192.168.1.20/32\n" + nas.substr(0, 39) +
           " 0 20 128\n",
       {}},
      {"DHCPv6, two prefixes",
       nas + "20 128 2001:db8:1::20/128 fd00::20/128\n",
       {on_lan(lease(kNas, "2001:db8:1::20", "nas", "00030001001132100003")),
        on_lan(lease(kNas, "fd00::20", "nas", "00030001001132100003"))}},
      {"a delegated prefix", nas + "20 62 2001:db8:1:4::/62\n", {}},
      {"a DUID without a MAC",
       "# br-lan 00020000ab110102 1 x 1732536000 20 128 2001:db8::20/128\n",
       {},
       0,
       1},
      {"families mixed",
       "# br-lan 8c79f5100001 ipv4 a 1732536000 1 32 2001:db8::20/128\n" + nas + "20 128 192.168.1.20/32\n",
       {}},
      {"what is none",
       "#\n# a remark\n# br-lan 8c79f5100001 ipv4 a soon 1 32 192.168.1.20/32\n"
       "# br-lan zz ipv4 a 1732536000 1 32 192.168.1.20/32\n"
       "# an-interface-too-long 8c79f5100001 ipv4 a 1732536000 1 32 192.168.1.20/32\n",
       {},
       5},
      {"more addresses than a line may have",
       nas + "20 128" +
           [] {
             std::string many;
             for (int i = 0; i < 17; ++i) many += " 2001:db8::" + std::to_string(i + 1) + "/128";
             return many;
           }() +
           "\n",
       {},
       1},
  };
  for (const auto& c : cases) check(c);
}

TEST(LeaseFile, HoldsSoManyLeasesAndNotOneMore) {
  std::string text;
  for (unsigned i = 0; i < kMaxLeases; ++i)
    text += "1732536000 8c:79:f5:10:00:01 10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) +
            " * *\n";
  EXPECT_EQ(read_leases(text).leases.size(), kMaxLeases);
  EXPECT_EQ(read_leases(text).refused, 0U);
  const LeaseList full = read_leases(text + "1732536000 8c:79:f5:10:00:01 10.1.0.0 * *\n");
  EXPECT_EQ(full.leases.size(), kMaxLeases);
  EXPECT_EQ(full.refused, 1U);
}

TEST(LeaseFile, TheFarFutureStaysATime) {
  EXPECT_EQ(end_of(999'999'999'999'999'999), Timestamp(7'258'118'400s));
  EXPECT_EQ(end_of(946'684'799), std::nullopt);
  EXPECT_EQ(end_of(946'684'800), Timestamp(946'684'800s));
  EXPECT_EQ(number_of("9999999999999999999"), std::nullopt);
}

}  // namespace
}  // namespace gatewitness::leases
