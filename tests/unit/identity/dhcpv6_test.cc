// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

constexpr std::string_view kDuidMac = "02:00:5e:00:00:99";
const std::string kMac(kDeviceMac);

Bytes option(unsigned code, const Bytes& value) {
  return Bytes().u16(code).u16(static_cast<unsigned>(value.size())).add(value);
}
Bytes message(unsigned type, const Bytes& options) {
  return Bytes().u8(type).u8(0).u16(7).add(options);
}
Bytes link_layer_duid() {
  return Bytes().u16(3).u16(1).mac(kDuidMac);
}
Bytes timed_duid() {
  return Bytes().u16(1).u16(1).u32(1234567).mac(kDuidMac);
}
Bytes client_id(const Bytes& duid) {
  return option(1, duid);
}
Bytes address(std::string_view ip, uint32_t valid_s, const Bytes& options = {}) {
  return option(5, Bytes().ip(ip).u32(valid_s / 2).u32(valid_s).add(options));
}
Bytes status(unsigned code) {
  return option(13, Bytes().u16(code).text("words"));
}
Bytes non_temporary(const Bytes& options) {
  return option(3, Bytes().u32(1).u32(0).u32(0).add(options));
}
Bytes temporary(const Bytes& options) {
  return option(4, Bytes().u32(1).add(options));
}
Bytes relay(unsigned type, const Bytes& inner, const Bytes& more = {}) {
  return Bytes().u8(type).u8(0).ip("2001:db8::1").ip("fe80::20").add(more).add(option(9, inner));
}

Packet from_client(const Bytes& payload, std::string_view source_mac = kDeviceMac) {
  return make_packet({.source_mac = source_mac,
                      .destination_mac = "33:33:00:01:00:02",
                      .source = "fe80::20",
                      .destination = "ff02::1:2",
                      .source_port = 546,
                      .destination_port = 547},
                     payload);
}
Packet from_server(const Bytes& payload, std::string_view destination_mac = kDeviceMac) {
  return make_packet({.source_mac = kServerMac,
                      .destination_mac = destination_mac,
                      .source = "fe80::1",
                      .destination = "fe80::20",
                      .source_port = 547,
                      .destination_port = 546},
                     payload);
}

TEST(Dhcpv6, ClientTellsWhoItIs) {
  Bytes options = client_id(link_layer_duid());
  options.add(option(39, Bytes().u8(0).name("fridge.home")));
  options.add(option(16, Bytes().u32(311).u16(8).text("MSFT 5.0")));
  const Bytes payload = message(1, options);
  EXPECT_EQ(describe(read_identity(from_client(payload))),
            (Lines{"fact 3 0003000102005e000099 " + kMac + " fe80::20",
                   "fact 4 fridge.home " + kMac + " fe80::20", "fact 1 MSFT 5.0 " + kMac + " fe80::20"}));
}

TEST(Dhcpv6, ReplyGivesTheAddressesToWhomItGoes) {
  Bytes options = client_id(timed_duid());
  options.add(non_temporary(address("2001:db8::20", 7200)))
      .add(temporary(address("2001:db8::21", 0xffffffffU)));
  const Bytes payload = message(7, options);
  EXPECT_EQ(describe(read_identity(from_server(payload))),
            (Lines{"dhcpv6 " + kMac + " 2001:db8::20 7200s", "dhcpv6 " + kMac + " 2001:db8::21"}));
}

TEST(Dhcpv6, DuidNamesTheMacWhereTheFrameDoesNot) {
  const std::string duid_mac(kDuidMac);
  const struct {
    const char* name;
    Bytes duid;
    Lines want;
  } cases[] = {
      {"link-layer", link_layer_duid(), {"dhcpv6 " + duid_mac + " 2001:db8::20 60s"}},
      {"link-layer plus time", timed_duid(), {"dhcpv6 " + duid_mac + " 2001:db8::20 60s"}},
      {"enterprise number", Bytes().u16(2).u32(9).text("x"), {}},
      {"uuid", Bytes().u16(4).zeros(16), {}},
      {"not Ethernet", Bytes().u16(3).u16(32).mac(kDuidMac), {}},
      {"too long", Bytes().u16(3).u16(1).mac(kDuidMac).u8(0), {}},
      {"group MAC", Bytes().u16(3).u16(1).mac("33:33:00:00:00:01"), {}},
      {"empty", Bytes(), {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes payload = message(7, client_id(c.duid).add(non_temporary(address("2001:db8::20", 60))));
    EXPECT_EQ(describe(read_identity(from_server(payload, "33:33:00:00:00:01"))), c.want);
  }
}

TEST(Dhcpv6, OnlyRepliesGiveAndOnlyClientsTakeBack) {
  const struct {
    const char* name;
    unsigned type;
    Lines want;
  } cases[] = {
      {"solicit", 1, {}},
      {"advertise", 2, {}},
      {"request", 3, {}},
      {"renew", 5, {}},
      {"confirm", 4, {}},
      {"release", 8, {"dhcpv6 " + kMac + " 2001:db8::20 withdrawn"}},
      {"rebind", 6, {}},
      {"reconfigure", 10, {}},
      {"decline", 9, {"dhcpv6 " + kMac + " 2001:db8::20 withdrawn"}},
      {"unknown", 99, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes payload = message(c.type, non_temporary(address("2001:db8::20", 60)));
    EXPECT_EQ(describe(read_identity(from_client(payload))), c.want);
  }
}

TEST(Dhcpv6, WhatTheServerRefusedOrEndedIsNotGiven) {
  const struct {
    const char* name;
    Bytes options;
    Lines want;
  } cases[] = {
      {"lifetime zero",
       non_temporary(address("2001:db8::20", 0)),
       {"dhcpv6 " + kMac + " 2001:db8::20 withdrawn"}},
      {"address refused", non_temporary(address("2001:db8::20", 60, status(2))), {}},
      {"association refused", non_temporary(address("2001:db8::20", 60).add(status(2))), {}},
      {"all refused", non_temporary(address("2001:db8::20", 60)).add(status(1)), {}},
      {"success said",
       non_temporary(address("2001:db8::20", 60, status(0))),
       {"dhcpv6 " + kMac + " 2001:db8::20 60s"}},
      {"a prefix", option(25, Bytes().u32(1).u32(0).u32(0).add(option(26, Bytes().zeros(25)))), {}},
      {"multicast", non_temporary(address("ff02::1", 60)), {"malformed"}},
      {"address cut off", non_temporary(option(5, Bytes().ip("2001:db8::20"))), {"malformed"}},
      {"association cut off", option(3, Bytes().u32(1)), {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes payload = message(7, c.options);
    EXPECT_EQ(describe(read_identity(from_server(payload))), c.want);
  }
}

TEST(Dhcpv6, RelayedMessagesSpeakOfTheClient) {
  const Bytes request = message(3, client_id(link_layer_duid()));
  const Bytes payload = relay(12, request);
  EXPECT_EQ(describe(read_identity(from_client(payload, kServerMac))),
            (Lines{"fact 3 0003000102005e000099 " + std::string(kDuidMac) + " fe80::20"}));
}

TEST(Dhcpv6, RelayTellsTheClientsMac) {
  const Bytes reply = message(7, client_id(timed_duid()).add(non_temporary(address("2001:db8::20", 60))));
  const Bytes told = relay(13, reply, option(79, Bytes().u16(1).mac("02:00:5e:00:00:55")));
  EXPECT_EQ(describe(read_identity(from_server(told, kServerMac))),
            (Lines{"dhcpv6 02:00:5e:00:00:55 2001:db8::20 60s"}));
  const Bytes untold = relay(13, reply);
  EXPECT_EQ(describe(read_identity(from_server(untold, kServerMac))),
            (Lines{"dhcpv6 " + std::string(kDuidMac) + " 2001:db8::20 60s"}));
}

TEST(Dhcpv6, RelaysAreUnwrappedUpToTheLimit) {
  Bytes payload = message(7, client_id(timed_duid()).add(non_temporary(address("2001:db8::20", 60))));
  for (int relays = 1; relays <= 8; ++relays) payload = relay(13, payload);
  EXPECT_EQ(read_identity(from_server(payload)).claims.size(), 1U);
  payload = relay(13, payload);
  EXPECT_EQ(describe(read_identity(from_server(payload))), (Lines{"malformed", "over 1"}));
}

TEST(Dhcpv6, BrokenMessages) {
  const struct {
    const char* name;
    Bytes payload;
    Lines want;
  } cases[] = {
      {"empty", Bytes(), {"malformed"}},
      {"header cut off", Bytes().u8(1).u8(0), {"malformed"}},
      {"relay without message", Bytes().u8(12).u8(0).zeros(32), {"malformed"}},
      {"option reaches too far", message(1, Bytes().u16(1).u16(9).text("x")), {"malformed"}},
      {"name reaches too far", message(1, option(39, Bytes().u8(0).u8(9).text("x"))), {"malformed"}},
      {"vendor class reaches too far",
       message(1, option(16, Bytes().u32(1).u16(9).text("x"))),
       {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(read_identity(from_client(c.payload))), c.want);
  }
}

TEST(Dhcpv6, OptionsAreReadUpToTheLimit) {
  for (const int before : {127, 128}) {
    Bytes options;
    for (int i = 0; i < before; ++i) options.add(option(8, Bytes()));
    const Bytes payload = message(7, options.add(non_temporary(address("2001:db8::20", 60))));
    const Findings findings = read_identity(from_server(payload));
    EXPECT_EQ(findings.claims.size(), before == 127 ? 1U : 0U);
    EXPECT_EQ(findings.over_limit, before == 127 ? 0U : 1U);
  }
}

TEST(Dhcpv6, ClaimsAreTakenUpToTheLimit) {
  Bytes addresses;
  for (unsigned i = 1; i <= kMaxClaimsPerPacket; ++i)
    addresses.add(address("2001:db8::" + std::to_string(i), 60));
  const Bytes all = message(7, non_temporary(addresses));
  EXPECT_EQ(read_identity(from_server(all)).claims.size(), kMaxClaimsPerPacket);
  EXPECT_EQ(read_identity(from_server(all)).over_limit, 0U);
  const Bytes more = message(7, non_temporary(addresses.add(address("2001:db8::99", 60))));
  EXPECT_EQ(read_identity(from_server(more)).claims.size(), kMaxClaimsPerPacket);
  EXPECT_EQ(read_identity(from_server(more)).over_limit, 1U);
}

}  // namespace
}  // namespace gatewitness::dissect::test
