// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

const std::string kMac(kDeviceMac);

TEST(Arp, WhoSendsClaims) {
  const struct {
    const char* name;
    uint16_t operation;
    const char* mac;
    const char* ip;
    Lines want;
  } cases[] = {
      {"request", 1, "02:00:5e:00:00:20", "192.168.1.20", {"arp " + kMac + " 192.168.1.20"}},
      {"reply", 2, "02:00:5e:00:00:20", "192.168.1.20", {"arp " + kMac + " 192.168.1.20"}},
      {"probe", 1, "02:00:5e:00:00:20", "0.0.0.0", {}},
      {"reply for nobody", 2, "02:00:5e:00:00:20", "0.0.0.0", {"malformed"}},
      {"reverse request", 3, "02:00:5e:00:00:20", "192.168.1.20", {}},
      {"group MAC", 1, "01:00:5e:00:00:20", "192.168.1.20", {"malformed"}},
      {"no MAC", 2, "00:00:00:00:00:00", "192.168.1.20", {"malformed"}},
      {"probe of a group MAC", 1, "ff:ff:ff:ff:ff:ff", "0.0.0.0", {"malformed"}},
      {"multicast", 2, "02:00:5e:00:00:20", "224.0.0.1", {"malformed"}},
      {"broadcast", 2, "02:00:5e:00:00:20", "255.255.255.255", {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Packet packet;
    packet.has_macs = true;
    packet.source_mac = MacAddress::parse(c.mac).value();
    ArpPacket arp;
    arp.operation = c.operation;
    arp.sender_mac = MacAddress::parse(c.mac).value();
    arp.sender_ip = IpAddress::parse(c.ip).value();
    arp.target_mac = MacAddress::parse(kServerMac).value();
    arp.target_ip = IpAddress::parse("192.168.1.1").value();
    packet.arp = arp;
    EXPECT_TRUE(carries_identity(packet));
    EXPECT_EQ(describe(read_identity(packet)), c.want);
  }
}

enum Type : uint8_t { kRs = 133, kRa = 134, kNs = 135, kNa = 136 };

Bytes source_option(std::string_view mac = kDeviceMac) {
  return Bytes().u8(1).u8(1).mac(mac);
}
Bytes target_option(std::string_view mac = kDeviceMac) {
  return Bytes().u8(2).u8(1).mac(mac);
}
Bytes solicitation(std::string_view target, const Bytes& options = {}) {
  return Bytes().u32(0).ip(target).add(options);
}
Bytes advertisement(uint32_t flags, std::string_view target, const Bytes& options = {}) {
  return Bytes().u32(flags).ip(target).add(options);
}
Bytes router(const Bytes& options = {}) {
  return Bytes().u8(64).u8(0).u16(1800).u32(0).u32(0).add(options);
}

TEST(NeighbourDiscovery, Messages) {
  constexpr uint32_t kRouter = 0x80000000U;
  constexpr uint32_t kSolicited = 0x40000000U;
  const struct {
    const char* name;
    Type type;
    const char* source;
    const char* destination;
    Bytes payload;
    Lines want;
  } cases[] = {
      {"solicitation",
       kNs,
       "2001:db8::20",
       "ff02::1:ff00:1",
       solicitation("2001:db8::1", source_option()),
       {"nd " + kMac + " 2001:db8::20"}},
      {"solicitation without option", kNs, "2001:db8::20", "2001:db8::1", solicitation("2001:db8::1"), {}},
      {"duplicate detection claims nothing yet",
       kNs,
       "::",
       "ff02::1:ff00:20",
       solicitation("2001:db8::20"),
       {}},
      {"duplicate detection with a MAC is forbidden",
       kNs,
       "::",
       "ff02::1:ff00:20",
       solicitation("2001:db8::20", source_option()),
       {"malformed"}},
      {"solicitation for a group",
       kNs,
       "fe80::20",
       "ff02::1",
       solicitation("ff02::1", source_option()),
       {"malformed"}},
      {"advertisement",
       kNa,
       "2001:db8::20",
       "ff02::1",
       advertisement(0, "2001:db8::20", target_option()),
       {"nd " + kMac + " 2001:db8::20"}},
      {"advertisement of a second address",
       kNa,
       "fe80::20",
       "ff02::1",
       advertisement(0, "2001:db8::21", target_option()),
       {"nd " + kMac + " 2001:db8::21"}},
      {"advertisement of a router",
       kNa,
       "fe80::20",
       "fe80::1",
       advertisement(kRouter | kSolicited, "fe80::20", target_option()),
       {"nd " + kMac + " fe80::20 router"}},
      {"advertisement without option is the frame's",
       kNa,
       "fe80::20",
       "fe80::1",
       advertisement(kSolicited, "fe80::20"),
       {"nd " + kMac + " fe80::20"}},
      {"a proxy without option claims nothing",
       kNa,
       "fe80::20",
       "fe80::1",
       advertisement(kSolicited, "fe80::99"),
       {}},
      {"solicited by everybody",
       kNa,
       "fe80::20",
       "ff02::1",
       advertisement(kSolicited, "fe80::20", target_option()),
       {"malformed"}},
      {"router solicitation",
       kRs,
       "fe80::20",
       "ff02::2",
       Bytes().u32(0).add(source_option()),
       {"nd " + kMac + " fe80::20"}},
      {"router solicitation of nobody", kRs, "::", "ff02::2", Bytes().u32(0), {}},
      {"router advertisement",
       kRa,
       "fe80::1",
       "ff02::1",
       router(source_option()),
       {"nd " + kMac + " fe80::1 router"}},
      {"router advertisement, frame's MAC",
       kRa,
       "fe80::1",
       "ff02::1",
       router(),
       {"nd " + kMac + " fe80::1 router"}},
      {"router advertisement from afar",
       kRa,
       "2001:db8::1",
       "ff02::1",
       router(source_option()),
       {"malformed"}},
      {"other options are passed over",
       kRa,
       "fe80::1",
       "ff02::1",
       router(Bytes().u8(5).u8(1).zeros(6).u8(3).u8(4).zeros(30).add(source_option())),
       {"nd " + kMac + " fe80::1 router"}},
      {"option without length",
       kNs,
       "fe80::20",
       "fe80::1",
       solicitation("fe80::1", Bytes().u8(1).u8(0).zeros(6)),
       {"malformed"}},
      {"option reaches too far",
       kNs,
       "fe80::20",
       "fe80::1",
       solicitation("fe80::1", Bytes().u8(1).u8(2).zeros(6)),
       {"malformed"}},
      {"group MAC",
       kNs,
       "fe80::20",
       "fe80::1",
       solicitation("fe80::1", source_option("33:33:00:00:00:01")),
       {"malformed"}},
      {"target cut off", kNs, "fe80::20", "fe80::1", Bytes().u32(0).zeros(15), {"malformed"}},
      {"router advertisement cut off", kRa, "fe80::1", "ff02::1", Bytes().u32(0), {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Packet packet = make_packet(
        {.source = c.source, .destination = c.destination, .protocol = 58, .ttl = 255}, c.payload);
    packet.icmp_type = c.type;
    EXPECT_TRUE(carries_identity(packet));
    EXPECT_EQ(describe(read_identity(packet)), c.want);
  }
}

TEST(NeighbourDiscovery, OnlyFromNeighbours) {
  const Bytes payload = solicitation("fe80::1", source_option());
  Packet packet =
      make_packet({.source = "fe80::20", .destination = "fe80::1", .protocol = 58, .ttl = 254}, payload);
  packet.icmp_type = kNs;
  EXPECT_EQ(describe(read_identity(packet)), Lines{"malformed"});
  packet.ttl = 255;
  packet.icmp_code = 1;
  EXPECT_EQ(describe(read_identity(packet)), Lines{"malformed"});
}

TEST(NeighbourDiscovery, OtherIcmpIsNotWanted) {
  const Bytes payload;
  Packet packet =
      make_packet({.source = "fe80::20", .destination = "fe80::1", .protocol = 58, .ttl = 255}, payload);
  for (const uint8_t type : {uint8_t{128}, uint8_t{132}, uint8_t{137}}) {
    packet.icmp_type = type;
    EXPECT_FALSE(carries_identity(packet)) << int{type};
  }
}

}  // namespace
}  // namespace gatewitness::dissect::test
