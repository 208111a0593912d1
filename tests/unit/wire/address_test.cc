// SPDX-License-Identifier: Apache-2.0
//
// MAC and IP addresses and prefixes: what is read, what is refused, how they print, order and hash.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "probes/wire/ip.h"
#include "probes/wire/mac.h"

namespace gatewitness {
namespace {

using std::string_literals::operator""s;

TEST(Mac, ReadsBothSeparatorsAndPrintsOne) {
  const std::array<uint8_t, 6> bytes = {0x02, 0x00, 0x5e, 0x10, 0xab, 0xff};
  for (const char* text : {"02:00:5e:10:ab:ff", "02-00-5E-10-AB-FF", "02:00:5E:10:aB:Ff"}) {
    const auto mac = MacAddress::parse(text);
    ASSERT_TRUE(mac) << text;
    EXPECT_EQ(mac->bytes, bytes);
    EXPECT_EQ(to_string(*mac), "02:00:5e:10:ab:ff");
  }
}

TEST(Mac, RefusesWhatIsNoMac) {
  for (const std::string& text :
       {""s, "02:00:5e:10:ab"s, "02:00:5e:10:ab:f"s, "02:00:5e:10:ab:ff "s, " 02:00:5e:10:ab:ff"s,
        "02:00:5e:10:ab:ff:00"s, "02:00-5e:10:ab:ff"s, "02-00-5e-10-ab:ff"s, "02005e10abff"s,
        "0200.5e10.abff"s, "02:00:5e:10:ab:fg"s, "02:00:5e:10:ab:+f"s, "02 00 5e 10 ab ff"s,
        "2:0:5e:10:ab:ff00"s, "02:00:5e:10:ab:f\0"s, "\xff\xff:00:5e:10:ab:ff"s}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

TEST(Mac, TellsItsBits) {
  EXPECT_TRUE(MacAddress{}.is_zero());
  EXPECT_FALSE(MacAddress::parse("00:00:00:00:00:01")->is_zero());
  EXPECT_TRUE(MacAddress::parse("ff:ff:ff:ff:ff:ff")->is_multicast());
  EXPECT_TRUE(MacAddress::parse("33:33:00:00:00:01")->is_multicast());
  EXPECT_FALSE(MacAddress::parse("02:33:00:00:00:01")->is_multicast());
  EXPECT_TRUE(MacAddress::parse("da:a1:19:00:00:01")->is_locally_administered());
  EXPECT_FALSE(MacAddress::parse("00:17:88:00:00:01")->is_locally_administered());
}

TEST(Mac, OrdersByBytesAndHashesApart) {
  EXPECT_LT(*MacAddress::parse("02:00:00:00:00:ff"), *MacAddress::parse("02:00:00:00:01:00"));
  std::unordered_set<std::size_t> hashes;
  for (unsigned i = 0; i < 1000; ++i) {
    const MacAddress mac{{2, 0, 0, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}};
    hashes.insert(std::hash<MacAddress>{}(mac));
  }
  EXPECT_EQ(hashes.size(), 1000U);
}

// RFC 5952 section 4 and 5, rule by rule.
TEST(Ip, PrintsCanonicalText) {
  const std::pair<const char*, const char*> cases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},  // 4.1, 4.2.1
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},              // 4.2.2: not one group
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},                       // 4.2.3: the longest
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},                 // 4.2.3: the first of equals
      {"2001:DB8::ABCD", "2001:db8::abcd"},                          // 4.3
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:1::", "0:1::"},
      {"::1:0", "::1:0"},
      {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
      {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},  // 5
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"::192.0.2.1", "::c000:201"},  // IPv4-compatible: deprecated, plain
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& [text, want] : cases) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_string(*address), want) << text;
    EXPECT_EQ(IpAddress::parse(want), address) << want;
  }
}

TEST(Ip, PrintsEveryPatternOfZeroGroupsAsReadBack) {
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    std::array<uint8_t, 16> bytes{};
    for (std::size_t group = 0; group < 8; ++group)
      if ((pattern >> group & 1) != 0) bytes[2 * group + 1] = 0x10;
    const auto address = IpAddress::v6(bytes);
    std::array<uint8_t, 16> back{};
    ASSERT_EQ(inet_pton(AF_INET6, to_string(address).c_str(), back.data()), 1) << to_string(address);
    EXPECT_EQ(back, bytes) << to_string(address);
  }
}

TEST(Ip, RefusesWhatIsNoAddress) {
  for (const std::string& text : {""s,
                                  " "s,
                                  "192.0.2"s,
                                  "192.0.2.1.1"s,
                                  "192.0.2.256"s,
                                  "192.0.2.01"s,
                                  "192.0.2.-1"s,
                                  "192.0.2.1 "s,
                                  " 192.0.2.1"s,
                                  "0x7f.0.0.1"s,
                                  "3232235777"s,
                                  "192.0.2.1/24"s,
                                  "192.0.2.1\0"s,
                                  ":"s,
                                  ":::"s,
                                  "1::2::3"s,
                                  "12345::"s,
                                  "g::"s,
                                  "fe80::1%eth0"s,
                                  "[::1]"s,
                                  "::1/64"s,
                                  "1:2:3:4:5:6:7"s,
                                  "1:2:3:4:5:6:7:8:9"s,
                                  "::ffff:192.0.2.256"s,
                                  "::192.0.2.1:5"s,
                                  "::1\0x"s,
                                  std::string(5000, ':'),
                                  std::string(45, '1')}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(Ip, BytesAreFourOrSixteen) {
  const std::array<uint8_t, 17> bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const auto address = IpAddress::from_bytes(std::span(bytes).first(length));
    EXPECT_EQ(address.has_value(), length == 4 || length == 16) << length;
    if (!address) continue;
    EXPECT_TRUE(std::ranges::equal(address->bytes(), std::span(bytes).first(length)));
  }
}

TEST(Ip, UnmapsOnlyMappedOnes) {
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1")->unmapped(), IpAddress::parse("192.0.2.1"));
  EXPECT_NE(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
  for (const char* text : {"::192.0.2.1", "::fffe:192.0.2.1", "1::ffff:192.0.2.1", "192.0.2.1"})
    EXPECT_EQ(IpAddress::parse(text)->unmapped(), IpAddress::parse(text)) << text;
}

TEST(Ip, TellsItsKindAtTheEdges) {
  struct Case {
    const char* text;
    bool is_private, link_local, loopback, multicast;
  };
  const Case cases[] = {
      {"0.0.0.0", true, false, false, false},
      {"9.255.255.255", false, false, false, false},
      {"10.0.0.0", true, false, false, false},
      {"10.255.255.255", true, false, false, false},
      {"11.0.0.0", false, false, false, false},
      {"100.63.255.255", false, false, false, false},
      {"100.64.0.0", true, false, false, false},
      {"100.127.255.255", true, false, false, false},
      {"100.128.0.0", false, false, false, false},
      {"127.255.0.1", true, false, true, false},
      {"169.254.0.1", true, true, false, false},
      {"169.255.0.1", false, false, false, false},
      {"172.15.255.255", false, false, false, false},
      {"172.16.0.0", true, false, false, false},
      {"172.31.255.255", true, false, false, false},
      {"172.32.0.0", false, false, false, false},
      {"192.167.0.1", false, false, false, false},
      {"192.168.0.1", true, false, false, false},
      {"223.255.255.255", false, false, false, false},
      {"224.0.0.1", false, false, false, true},
      {"239.255.255.255", false, false, false, true},
      {"240.0.0.0", false, false, false, false},
      {"255.255.255.255", false, false, false, true},
      {"::", true, false, false, false},
      {"::1", true, false, true, false},
      {"::2", false, false, false, false},
      {"fbff::1", false, false, false, false},
      {"fc00::1", true, false, false, false},
      {"fdff::1", true, false, false, false},
      {"fe00::1", false, false, false, false},
      {"fe80::1", true, true, false, false},
      {"febf::1", true, true, false, false},
      {"fec0::1", false, false, false, false},
      {"ff02::1", false, false, false, true},
      {"2001:db8::1", false, false, false, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto address = *IpAddress::parse(c.text);
    EXPECT_EQ(address.is_private(), c.is_private);
    EXPECT_EQ(address.is_link_local(), c.link_local);
    EXPECT_EQ(address.is_loopback(), c.loopback);
    EXPECT_EQ(address.is_multicast(), c.multicast);
  }
  EXPECT_TRUE(IpAddress().is_unspecified() && IpAddress().is_v4());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
}

TEST(Ip, FamiliesNeverMixInOrderOrHash) {
  const auto four = *IpAddress::parse("1.2.3.4");
  const auto six = *IpAddress::parse("102:304::");
  EXPECT_NE(four, six);
  EXPECT_LT(four, six);
  EXPECT_LT(*IpAddress::parse("255.0.0.0"), *IpAddress::parse("::"));
  EXPECT_LT(*IpAddress::parse("9.0.0.0"), *IpAddress::parse("10.0.0.0"));
  EXPECT_NE(std::hash<IpAddress>{}(four), std::hash<IpAddress>{}(six));
}

TEST(Prefix, ReadsPrintsAndContains) {
  struct Case {
    const char *text, *printed, *inside, *outside;
  };
  const Case cases[] = {
      {"192.168.1.0/24", "192.168.1.0/24", "192.168.1.255", "192.168.2.0"},
      {"192.168.1.7", "192.168.1.7/32", "192.168.1.7", "192.168.1.6"},
      {"0.0.0.0/0", "0.0.0.0/0", "255.255.255.255", "::1"},
      {"::/0", "::/0", "ffff::", "1.2.3.4"},
      {"10.0.0.0/9", "10.0.0.0/9", "10.127.255.255", "10.128.0.0"},
      {"192.0.2.254/31", "192.0.2.254/31", "192.0.2.255", "192.0.2.253"},
      {"FE80::/10", "fe80::/10", "febf:ffff::1", "fec0::"},
      {"2001:db8::/33", "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
      {"2001:db8::1", "2001:db8::1/128", "2001:db8::1", "2001:db8::"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto prefix = Prefix::parse(c.text);
    ASSERT_TRUE(prefix);
    EXPECT_EQ(to_string(*prefix), c.printed);
    EXPECT_EQ(Prefix::parse(c.printed), prefix);
    EXPECT_TRUE(prefix->contains(*IpAddress::parse(c.inside)));
    EXPECT_FALSE(prefix->contains(*IpAddress::parse(c.outside)));
  }
}

TEST(Prefix, RefusesWhatIsNoPrefix) {
  for (const std::string& text :
       {""s, "/"s, "/24"s, "10.0.0.0/"s, "10.0.0.0/33"s, "10.0.0.1/24"s, "10.0.0.0/-1"s, "10.0.0.0/+8"s,
        "10.0.0.0/08"s, "10.0.0.0/8 "s, "10.0.0.0/8/8"s, "10.0.0.0/255.0.0.0"s, "10/8"s, "::/129"s, "::1/64"s,
        "fe80::%eth0/10"s, "10.0.0.0/99999999999999999999"s, "10.0.0.0/8\0"s}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(Prefix, EveryLengthMasksItsHostBits) {
  std::array<uint8_t, 16> ones{};
  ones.fill(0xff);
  for (unsigned length = 0; length <= 128; ++length) {
    const Prefix prefix(IpAddress::v6(ones), length);
    unsigned bits = 0;
    for (const uint8_t byte : prefix.address().bytes()) bits += static_cast<unsigned>(std::popcount(byte));
    EXPECT_EQ(bits, length);
    EXPECT_TRUE(prefix.contains(IpAddress::v6(ones)));
  }
  EXPECT_EQ(Prefix(*IpAddress::parse("10.0.0.1"), 99).length(), 32U);
  EXPECT_EQ(Prefix(*IpAddress::parse("::1"), 999).length(), 128U);
  EXPECT_NE(std::hash<Prefix>{}(Prefix(IpAddress(), 8)), std::hash<Prefix>{}(Prefix(IpAddress(), 9)));
}

}  // namespace
}  // namespace gatewitness
