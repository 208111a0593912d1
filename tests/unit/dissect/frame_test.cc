// SPDX-License-Identifier: Apache-2.0
//
// Every link type and every way to write an IP header, whole, cut off at each byte, and wrong.
#include "probes/dissect/frame.h"

#include <gtest/gtest.h>

#include <memory>

#include "probes/dissect/bytes.h"
#include "tests/support/packet_builder.h"

namespace gatewitness::dissect {
namespace {

using test::Bytes;
using test::operator+;
using test::Link;

constexpr std::string_view kPayload = "EHLO laptop.example\r\n";

// In memory of exactly its size, so that ASan sees a read past its end.
struct Decoded {
  std::unique_ptr<uint8_t[]> memory;
  Packet packet;
};
Decoded decode(LinkType link, const Bytes& bytes) {
  Decoded out{std::make_unique<uint8_t[]>(bytes.size()), {}};
  std::copy(bytes.begin(), bytes.end(), out.memory.get());
  out.packet = decode_frame(link, {out.memory.get(), bytes.size()});
  return out;
}
Decoded decode(Link link, const Bytes& ip_packet) {
  return decode(test::link_type(link), test::frame(link, ip_packet));
}

bool names_macs(Link link) {
  return link != Link::kRaw && link != Link::kNull && link != Link::kLoop && link != Link::kPpp &&
         link != Link::kPppoeBare;
}

Bytes with_options() {
  test::Ipv4Spec spec;
  spec.options = {0x94, 4, 0, 0, 7, 3, 4, 0};  // router alert, a route record, end
  return test::ipv4(spec, test::tcp({}, kPayload));
}
Bytes extended(std::vector<test::Extension> extensions) {
  test::Ipv6Spec spec;
  spec.extensions = std::move(extensions);
  return test::ipv6(spec, test::tcp({}, kPayload));
}

struct NetworkCase {
  std::string_view name;
  Bytes packet;
};
std::vector<NetworkCase> whole_packets() {
  using test::authentication_header;
  using test::options_header;
  return {
      {"IPv4", test::ipv4({}, test::tcp({}, kPayload))},
      {"IPv4 with options", with_options()},
      {"IPv6", extended({})},
      {"hop-by-hop", extended({options_header(0)})},
      {"long destination options", extended({options_header(60, 3)})},
      {"routing", extended({options_header(43, 2)})},
      {"authentication", extended({authentication_header()})},
      {"atomic fragment", extended({test::fragment_header(0, false)})},
      {"mobility, HIP, Shim6", extended({options_header(135), options_header(139), options_header(140)})},
      {"as RFC 8200 orders them",
       extended({options_header(0), options_header(60), options_header(43, 1),
                 test::fragment_header(0, false), authentication_header(), options_header(60)})},
  };
}

TEST(Frame, EveryLinkTypeCarriesEveryNetworkHeader) {
  for (const auto& one : whole_packets()) {
    for (const Link link : test::kLinks) {
      SCOPED_TRACE(std::string(one.name) + " on " + std::string(test::name(link)));
      const auto decoded = decode(link, one.packet);
      const Packet& packet = decoded.packet;
      const bool v6 = one.packet[0] >> 4 == 6;
      ASSERT_EQ(packet.fault, FrameFault::kNone);
      EXPECT_EQ(to_string(packet.source), v6 ? test::kDevice6 : test::kDevice);
      EXPECT_EQ(to_string(packet.destination), v6 ? test::kServer6 : test::kServer);
      EXPECT_EQ(packet.source_port, 40000);
      EXPECT_EQ(packet.destination_port, 25);
      EXPECT_EQ(packet.ttl, 64);
      EXPECT_FALSE(packet.fragment);
      ASSERT_TRUE(packet.tcp);
      EXPECT_EQ(packet.tcp->sequence, 1000U);
      EXPECT_EQ(as_text(packet.payload), kPayload);
      EXPECT_EQ(packet.ip_packet.size(), one.packet.size());
      EXPECT_EQ(packet.missing_bytes, 0U);
      EXPECT_EQ(packet.has_macs, names_macs(link));
      EXPECT_EQ(to_string(packet.source_mac), names_macs(link) ? test::kDeviceMac : "00:00:00:00:00:00");
      const bool tagged = link == Link::kVlan || link == Link::kProviderVlan || link == Link::kQinQ ||
                          link == Link::kVlanPppoe;
      EXPECT_EQ(packet.vlan, tagged ? 7 : 0);
    }
  }
}

// A capture may hold any part of a frame. What is left of it is never misread: the frame is truncated, or it
// is whole but for so many bytes of payload, which are known.
TEST(Frame, CutAtEveryByte) {
  for (const auto& one : whole_packets()) {
    for (const Link link : test::kLinks) {
      const Bytes whole = test::frame(link, one.packet);
      for (std::size_t size = 0; size < whole.size(); ++size) {
        SCOPED_TRACE(std::string(one.name) + " on " + std::string(test::name(link)) + " cut at " +
                     std::to_string(size));
        const auto decoded = decode(test::link_type(link), test::cut(whole, size));
        const Packet& packet = decoded.packet;
        const bool payload_only = size >= whole.size() - kPayload.size();
        ASSERT_EQ(packet.fault, payload_only ? FrameFault::kNone : FrameFault::kTruncated);
        if (!payload_only) continue;
        EXPECT_EQ(packet.missing_bytes, whole.size() - size);
        EXPECT_EQ(packet.payload.size() + packet.missing_bytes, kPayload.size());
      }
    }
  }
}

TEST(Frame, PaddingOfShortFramesIsNoPayload) {
  for (const Bytes& packet : {test::ipv4({}, test::tcp({})), extended({}), with_options()}) {
    for (const Link link : {Link::kEthernet, Link::kVlan, Link::kPppoe, Link::kSll, Link::kSll2}) {
      const auto want = decode(link, packet).packet.payload.size();
      const auto decoded = decode(test::link_type(link), test::frame(link, packet) + Bytes(18, 0xee));
      EXPECT_EQ(decoded.packet.payload.size(), want) << test::name(link);
      EXPECT_EQ(decoded.packet.ip_packet.size(), packet.size());
    }
  }
}

test::Ipv4Spec v4(void (*change)(test::Ipv4Spec&)) {
  test::Ipv4Spec spec;
  change(spec);
  return spec;
}
test::Ipv6Spec v6(void (*change)(test::Ipv6Spec&)) {
  test::Ipv6Spec spec;
  change(spec);
  return spec;
}
Bytes tcp_header_of(uint8_t words) {
  test::TcpSpec spec;
  spec.header_words = words;
  return test::tcp(spec);
}

TEST(Frame, LiesAboutLengthAndVersion) {
  const Bytes segment = test::tcp({}, kPayload);
  const auto udp_in = [](const Bytes& datagram) {
    return test::ipv4(v4([](auto& s) { s.protocol = kProtocolUdp; }), datagram);
  };
  const struct {
    std::string_view name;
    Bytes packet;
    FrameFault want;
  } cases[] = {
      {"version 5", test::ipv4(v4([](auto& s) { s.version_length = 0x55; }), segment),
       FrameFault::kMalformed},
      {"version 0", test::ipv4(v4([](auto& s) { s.version_length = 0x05; }), segment),
       FrameFault::kMalformed},
      {"header of 16 bytes", test::ipv4(v4([](auto& s) { s.version_length = 0x44; }), segment),
       FrameFault::kMalformed},
      {"header longer than the packet",
       test::ipv4(v4([](auto& s) { s.version_length = 0x4f, s.total_length = 40; }), segment),
       FrameFault::kMalformed},
      {"total length below the header", test::ipv4(v4([](auto& s) { s.total_length = 19; }), segment),
       FrameFault::kMalformed},
      {"total length ends inside TCP", test::ipv4(v4([](auto& s) { s.total_length = 39; }), segment),
       FrameFault::kMalformed},
      {"total length zero: offload", test::ipv4(v4([](auto& s) { s.total_length = 0; }), segment),
       FrameFault::kNone},
      {"IPv6 version 7", test::ipv6(v6([](auto& s) { s.version = 7; }), segment), FrameFault::kMalformed},
      {"IPv6 length zero: offload", test::ipv6(v6([](auto& s) { s.payload_length = 0; }), segment),
       FrameFault::kNone},
      {"IPv6 length ends inside TCP", test::ipv6(v6([](auto& s) { s.payload_length = 19; }), segment),
       FrameFault::kMalformed},
      {"IPv6 extension beyond the packet",
       test::ipv6(v6([](auto& s) { s.protocol = 60; }), Bytes{6, 9, 0, 0, 0, 0, 0, 0}),
       FrameFault::kMalformed},
      {"TCP header of 16 bytes", test::ipv4({}, tcp_header_of(4)), FrameFault::kMalformed},
      {"TCP header beyond the packet", test::ipv4({}, tcp_header_of(6)), FrameFault::kMalformed},
      {"UDP length below its header", udp_in(test::udp(5353, 5353, "x", 7)), FrameFault::kMalformed},
      {"UDP length beyond the packet", udp_in(test::udp(5353, 5353, "x", 10)), FrameFault::kMalformed},
      {"UDP length exact", udp_in(test::udp(5353, 5353, "x", 9)), FrameFault::kNone},
      {"UDP header cut by the IP length", udp_in(test::cut(test::udp(5353, 5353, ""), 7)),
       FrameFault::kMalformed},
      {"ICMP of three bytes", test::ipv4(v4([](auto& s) { s.protocol = 1; }), Bytes{8, 0, 0}),
       FrameFault::kMalformed},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(
        decode(LinkType::kEthernet, test::ethernet(one.packet[0] >> 4 > 5 ? 0x86dd : 0x0800, one.packet))
            .packet.fault,
        one.want)
        << one.name;
  }
}

TEST(Frame, ExtensionHeadersToTheLimitAndOnePast) {
  std::vector<test::Extension> chain(8, test::options_header(60));
  EXPECT_EQ(decode(Link::kEthernet, extended(chain)).packet.fault, FrameFault::kNone);
  chain.push_back(test::options_header(60));
  EXPECT_EQ(decode(Link::kEthernet, extended(chain)).packet.fault, FrameFault::kMalformed);
}

TEST(Frame, VlanTagsToTheLimitAndOnePast) {
  for (const std::size_t tags : {1U, 4U, 5U}) {
    Bytes inner = Bytes{8, 0} + test::ipv4({}, test::tcp({}, kPayload));
    for (std::size_t i = 1; i < tags; ++i) inner = Bytes{0x81, 0} + Bytes{0, 9} + inner;
    const auto decoded = decode(LinkType::kEthernet, test::ethernet(0x8100, Bytes{0x0f, 0xff} + inner));
    EXPECT_EQ(decoded.packet.fault, tags <= 4 ? FrameFault::kNone : FrameFault::kMalformed) << tags;
    EXPECT_EQ(decoded.packet.vlan, 4095) << "the outermost";
  }
}

TEST(Frame, WhatIsNotLookedAt) {
  const Bytes packet = test::ipv4({}, test::tcp({}, kPayload));
  const struct {
    std::string_view name;
    LinkType link;
    Bytes bytes;
    FrameFault want;
  } cases[] = {
      {"LLC", LinkType::kEthernet, test::ethernet(38, Bytes(38, 0x42)), FrameFault::kNotIp},
      {"MPLS", LinkType::kEthernet, test::ethernet(0x8847, packet), FrameFault::kNotIp},
      {"PPPoE discovery", LinkType::kEthernet, test::ethernet(0x8863, Bytes(40, 0)), FrameFault::kNotIp},
      {"PPPoE version 2", LinkType::kPppoe, Bytes{0x21, 0, 0, 1, 0, 4, 0, 0x21} + packet,
       FrameFault::kMalformed},
      {"PPPoE code in a session", LinkType::kPppoe, Bytes{0x11, 9, 0, 1, 0, 4, 0, 0x21} + packet,
       FrameFault::kMalformed},
      {"LCP", LinkType::kPpp, Bytes{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}, FrameFault::kNotIp},
      {"raw, neither 4 nor 6", LinkType::kRawIp, Bytes(40, 0x50), FrameFault::kNotIp},
      {"NULL, neither 4 nor 6", LinkType::kNull, Bytes(44, 0), FrameFault::kNotIp},
      {"IPv6 said to be IPv4", LinkType::kEthernet, test::ethernet(0x0800, extended({})),
       FrameFault::kMalformed},
      {"IPv4 said to be IPv6", LinkType::kEthernet, test::ethernet(0x86dd, packet), FrameFault::kMalformed},
      {"nothing", LinkType::kEthernet, {}, FrameFault::kTruncated},
  };
  for (const auto& one : cases) EXPECT_EQ(decode(one.link, one.bytes).packet.fault, one.want) << one.name;
}

TEST(Frame, PppHeadersMayBeCompressed) {
  const Bytes packet = test::ipv4({}, test::tcp({}, kPayload));
  for (const Bytes& header : {Bytes{0xff, 3, 0, 0x21}, Bytes{0xff, 3, 0x21}, Bytes{0, 0x21}, Bytes{0x21}}) {
    EXPECT_EQ(as_text(decode(LinkType::kPpp, header + packet).packet.payload), kPayload);
  }
}

TEST(Frame, OnlyEthernetsAddressesAreMacs) {
  Bytes sll = test::frame(Link::kSll, test::ipv4({}, test::tcp({}, kPayload)));
  sll[2] = 2, sll[3] = 0;  // ARPHRD_PPP = 512
  const auto decoded = decode(LinkType::kLinuxSll, sll);
  EXPECT_EQ(decoded.packet.fault, FrameFault::kNone);
  EXPECT_FALSE(decoded.packet.has_macs);
}

TEST(Frame, Fragments) {
  const Bytes segment = test::tcp({}, std::string(100, 'x'));
  for (const auto& pieces :
       {test::fragments(test::Ipv4Spec{}, segment, 48), test::fragments(test::Ipv6Spec{}, segment, 48)}) {
    ASSERT_EQ(pieces.size(), 3U);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto decoded = decode(Link::kEthernet, pieces[i]);
      const Packet& packet = decoded.packet;
      EXPECT_EQ(packet.fault, FrameFault::kNone);
      EXPECT_TRUE(packet.fragment);
      EXPECT_EQ(packet.fragment_offset, 48 * i);
      EXPECT_EQ(packet.more_fragments, i < 2);
      EXPECT_EQ(packet.fragment_id, 7U);
      EXPECT_EQ(packet.ip_payload.size(), i < 2 ? 48U : 24U);
      EXPECT_EQ(packet.protocol, kProtocolTcp);
      EXPECT_FALSE(packet.tcp) << "ports are known when the datagram is whole";
      EXPECT_EQ(packet.source_port, 0);
    }
  }
}

TEST(Frame, UdpAndIcmp) {
  test::Ipv4Spec udp;
  udp.protocol = kProtocolUdp;
  const auto dns = decode(Link::kEthernet, test::ipv4(udp, test::udp(5000, 53, "question")));
  EXPECT_EQ(dns.packet.destination_port, 53);
  EXPECT_EQ(as_text(dns.packet.payload), "question");
  test::Ipv6Spec icmp;
  icmp.protocol = 58;
  const auto error = decode(Link::kEthernet, test::ipv6(icmp, test::icmp(1, 4, test::text("0000quoted"))));
  EXPECT_EQ(error.packet.icmp_type, 1);
  EXPECT_EQ(error.packet.icmp_code, 4);
  EXPECT_EQ(as_text(error.packet.payload), "0000quoted");
}

TEST(Frame, NoNextHeaderEndsThePacket) {
  test::Ipv6Spec spec;
  spec.protocol = 59;
  const auto decoded = decode(Link::kEthernet, test::ipv6(spec, test::text("ignored")));
  EXPECT_EQ(decoded.packet.fault, FrameFault::kNone);
  EXPECT_EQ(decoded.packet.protocol, 0);
}

TEST(Frame, Arp) {
  const Bytes frame = test::arp(1, test::kDeviceMac, test::kDevice, "192.168.1.1");
  const auto decoded = decode(LinkType::kEthernet, frame);
  ASSERT_TRUE(decoded.packet.arp);
  EXPECT_EQ(decoded.packet.arp->operation, 1);
  EXPECT_EQ(to_string(decoded.packet.arp->sender_mac), test::kDeviceMac);
  EXPECT_EQ(to_string(decoded.packet.arp->sender_ip), test::kDevice);
  EXPECT_EQ(to_string(decoded.packet.arp->target_ip), "192.168.1.1");
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(decode(LinkType::kEthernet, test::cut(frame, size)).packet.fault, FrameFault::kTruncated)
        << size;
  }
  Bytes infiniband = frame;
  infiniband[15] = 32;
  EXPECT_EQ(decode(LinkType::kEthernet, infiniband).packet.fault, FrameFault::kNotIp);
}

// RFC 792 promises eight bytes of the quoted segment: the ports and the sequence number.
TEST(Frame, QuotedPacketOfAnIcmpError) {
  const Bytes whole = test::ipv4({}, test::tcp({}, kPayload));
  const Bytes quoted = test::cut(whole, 28);
  const Packet packet = decode_ip(quoted);
  EXPECT_EQ(packet.fault, FrameFault::kTruncated);
  EXPECT_EQ(packet.source_port, 40000);
  EXPECT_EQ(packet.destination_port, 25);
  for (std::size_t size = 0; size < 24; ++size) {
    const Bytes less = test::cut(whole, size);
    EXPECT_EQ(decode_ip(less).destination_port, 0) << size;
  }
}

TEST(Frame, LinkTypeNumbers) {
  const struct {
    int dlt;
    std::optional<LinkType> want;
  } cases[] = {{1, LinkType::kEthernet}, {113, LinkType::kLinuxSll}, {276, LinkType::kLinuxSll2},
               {12, LinkType::kRawIp},   {14, LinkType::kRawIp},     {101, LinkType::kRawIp},
               {228, LinkType::kRawIp},  {229, LinkType::kRawIp},    {0, LinkType::kNull},
               {108, LinkType::kNull},   {9, LinkType::kPpp},        {50, LinkType::kPpp},
               {51, LinkType::kPppoe},   {105, std::nullopt},        {-1, std::nullopt},
               {147, std::nullopt}};
  for (const auto& one : cases) EXPECT_EQ(link_type_from_dlt(one.dlt), one.want) << one.dlt;
}

}  // namespace
}  // namespace gatewitness::dissect
