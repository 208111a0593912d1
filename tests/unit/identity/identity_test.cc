// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

TEST(Identity, WantsItsPortsAndNoOthers) {
  const struct {
    const char* name;
    uint8_t protocol;
    uint16_t source_port;
    uint16_t destination_port;
    bool want;
  } cases[] = {
      {"dhcp request", kProtocolUdp, 68, 67, true},
      {"dhcp answer", kProtocolUdp, 67, 68, true},
      {"dhcpv6", kProtocolUdp, 546, 547, true},
      {"mdns answer", kProtocolUdp, 5353, 5353, true},
      {"ssdp search", kProtocolUdp, 50000, 1900, true},
      {"ssdp answer", kProtocolUdp, 1900, 50000, true},
      {"dns question", kProtocolUdp, 50000, 53, true},
      {"dns answer", kProtocolUdp, 53, 50000, false},
      {"dns over tcp", kProtocolTcp, 50000, 53, true},
      {"mail", kProtocolTcp, 50000, 25, false},
      {"tcp on a udp port", kProtocolTcp, 50000, 1900, false},
      {"quic", kProtocolUdp, 50000, 443, false},
  };
  const Bytes payload = Bytes().text("x");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Packet packet = make_packet(
        {.source_port = c.source_port, .destination_port = c.destination_port, .protocol = c.protocol},
        payload);
    EXPECT_EQ(carries_identity(packet), c.want);
  }
}

TEST(Identity, FragmentsAndEmptySegmentsAreNotWanted) {
  const Bytes payload = Bytes().text("x");
  Packet packet = make_packet({}, payload);
  packet.fragment = true;
  EXPECT_FALSE(carries_identity(packet));
  const Bytes nothing;
  EXPECT_FALSE(carries_identity(make_packet({.protocol = kProtocolTcp}, nothing)));
  EXPECT_FALSE(carries_identity(Packet{}));
}

TEST(Identity, NobodySaysNothing) {
  // Neither MAC nor address: there is no device to say it of.
  const Bytes payload = Bytes().text("NOTIFY * HTTP/1.1\r\nSERVER: a\r\n\r\n");
  Packet packet = make_packet({.source = "0.0.0.0", .destination_port = 1900}, payload);
  packet.has_macs = false;
  EXPECT_EQ(describe(read_identity(packet)), Lines{});
  packet.has_macs = true;
  packet.source_mac = MacAddress::parse("01:00:5e:00:00:01").value();
  EXPECT_EQ(describe(read_identity(packet)), Lines{"malformed"});
}

}  // namespace
}  // namespace gatewitness::dissect::test
