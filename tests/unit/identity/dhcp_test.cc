// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

struct Dhcp {
  unsigned operation = 1;
  unsigned hardware_type = 1;
  unsigned hardware_length = 6;
  std::string_view client_address = "0.0.0.0";
  std::string_view your_address = "0.0.0.0";
  std::string_view relay = "0.0.0.0";
  std::string_view chaddr = kDeviceMac;
  Bytes server_name = Bytes().zeros(64);
  Bytes file = Bytes().zeros(128);
  bool cookie = true;
};

Bytes message(const Dhcp& dhcp, const Bytes& options) {
  Bytes bytes;
  bytes.u8(dhcp.operation).u8(dhcp.hardware_type).u8(dhcp.hardware_length).u8(0).u32(0x1234).u16(0).u16(0);
  bytes.ip(dhcp.client_address)
      .ip(dhcp.your_address)
      .ip("192.168.1.1")
      .ip(dhcp.relay)
      .mac(dhcp.chaddr)
      .zeros(10);
  bytes.add(dhcp.server_name).add(dhcp.file);
  if (dhcp.cookie) bytes.u32(0x63825363);
  return bytes.add(options);
}

Bytes option(unsigned code, const Bytes& value) {
  return Bytes().u8(code).u8(static_cast<unsigned>(value.size())).add(value);
}
Bytes text_option(unsigned code, std::string_view text) {
  return option(code, Bytes().text(text));
}
Bytes type(unsigned type) {
  return option(53, Bytes().u8(type));
}
Bytes end() {
  return Bytes().u8(255);
}
Bytes lease(uint32_t seconds) {
  return option(51, Bytes().u32(seconds));
}

Packet from_client(const Bytes& payload) {
  return make_packet(
      {.source = "0.0.0.0", .destination = "255.255.255.255", .source_port = 68, .destination_port = 67},
      payload);
}
Packet from_server(const Bytes& payload) {
  return make_packet({.source_mac = kServerMac,
                      .destination_mac = kDeviceMac,
                      .source = "192.168.1.1",
                      .destination = "192.168.1.20",
                      .source_port = 67,
                      .destination_port = 68},
                     payload);
}

const std::string kMac(kDeviceMac);

TEST(Dhcp, RequestTellsWhoTheClientIs) {
  Bytes options = type(3);
  options.add(option(55, Bytes().u8(1).u8(3).u8(6).u8(121)))
      .add(text_option(60, "MSFT 5.0"))
      .add(option(61, Bytes().u8(1).mac(kDeviceMac)))
      .add(option(50, Bytes().ip("192.168.1.20")))
      .add(text_option(12, "fridge"))
      .add(end());
  const Bytes payload = message({}, options);
  EXPECT_EQ(describe(read_identity(from_client(payload))),
            (Lines{"fact 0 fridge " + kMac, "fact 1 MSFT 5.0 " + kMac, "fact 2 1,3,6,121 " + kMac,
                   "fact 3 0102005e000020 " + kMac, "fact 12 192.168.1.20 " + kMac}));
}

TEST(Dhcp, OnlyFinalMessagesClaimAddresses) {
  const struct {
    const char* name;
    unsigned operation;
    unsigned type;
    Lines want;
  } cases[] = {
      {"offer", 2, 2, {}},
      {"ack", 2, 5, {"dhcp " + kMac + " 192.168.1.20 3600s"}},
      {"nak", 2, 6, {}},
      {"ack in the wrong direction", 1, 5, {}},
      {"release", 1, 7, {"dhcp " + kMac + " 192.168.1.9 withdrawn"}},
      {"release in the wrong direction", 2, 7, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes payload =
        message({.operation = c.operation, .client_address = "192.168.1.9", .your_address = "192.168.1.20"},
                type(c.type).add(lease(3600)).add(end()));
    EXPECT_EQ(describe(read_identity(from_server(payload))), c.want);
  }
}

TEST(Dhcp, AckNamesTheClientNotTheServersFrame) {
  const Bytes payload =
      message({.operation = 2, .your_address = "192.168.1.20"}, type(5).add(lease(60)).add(end()));
  const Findings findings = read_identity(from_server(payload));
  ASSERT_EQ(findings.claims.size(), 1U);
  EXPECT_EQ(to_string(findings.claims[0].mac), kDeviceMac);
}

TEST(Dhcp, ServersEchoOfTheNameIsNotTheClientsWord) {
  const Bytes payload = message({.operation = 2, .your_address = "192.168.1.20"},
                                type(5).add(text_option(12, "given-by-server")).add(end()));
  EXPECT_EQ(describe(read_identity(from_server(payload))), (Lines{"dhcp " + kMac + " 192.168.1.20"}));
}

TEST(Dhcp, EndlessLeaseHasNoEnd) {
  const Bytes payload =
      message({.operation = 2, .your_address = "192.168.1.20"}, type(5).add(lease(0xffffffffU)).add(end()));
  EXPECT_EQ(describe(read_identity(from_server(payload))), (Lines{"dhcp " + kMac + " 192.168.1.20"}));
}

TEST(Dhcp, AckToInformGivesNoAddress) {
  const Bytes payload = message({.operation = 2, .client_address = "192.168.1.20"}, type(5).add(end()));
  EXPECT_EQ(describe(read_identity(from_server(payload))), Lines{});
}

TEST(Dhcp, DeclineTakesBackTheRequestedAddress) {
  const Bytes payload = message({}, type(4).add(option(50, Bytes().ip("192.168.1.30"))).add(end()));
  EXPECT_EQ(describe(read_identity(from_client(payload))),
            (Lines{"dhcp " + kMac + " 192.168.1.30 withdrawn", "fact 12 192.168.1.30 " + kMac}));
  const Bytes without = message({}, type(4).add(end()));
  EXPECT_EQ(describe(read_identity(from_client(without))), Lines{"malformed"});
}

TEST(Dhcp, FqdnInBothEncodings) {
  const struct {
    const char* name;
    Bytes value;
    Lines want;
  } cases[] = {
      {"ascii", Bytes().u8(0).u16(0).text("fridge.home."), {"fact 4 fridge.home " + kMac}},
      {"ascii with the C string's end",
       Bytes().u8(0).u16(0).text(std::string_view("fridge\0", 7)),
       {"fact 4 fridge " + kMac}},
      {"wire", Bytes().u8(4).u16(0).name("fridge.home"), {"fact 4 fridge.home " + kMac}},
      {"wire, partial name", Bytes().u8(4).u16(0).u8(6).text("fridge"), {"fact 4 fridge " + kMac}},
      {"wire, label reaches too far", Bytes().u8(4).u16(0).u8(7).text("fridge"), {"malformed"}},
      {"wire, pointer", Bytes().u8(4).u16(0).u8(0xc0).u8(12), {"malformed"}},
      {"no flags", Bytes(), {"malformed"}},
      {"flags cut off", Bytes().u8(0).u8(0), {"malformed"}},
      {"empty name", Bytes().u8(4).u16(0).u8(0), {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes payload = message({}, type(1).add(option(81, c.value)).add(end()));
    EXPECT_EQ(describe(read_identity(from_client(payload))), c.want);
  }
}

TEST(Dhcp, OptionsGoOnInFileAndServerName) {
  const auto in_file = text_option(12, "from-").add(end());
  const auto in_name = text_option(12, "name").add(end());
  const struct {
    const char* name;
    unsigned where;
    Lines want;
  } cases[] = {
      {"file", 1, {"fact 0 from- " + kMac}},
      {"server name", 2, {"fact 0 name " + kMac}},
      {"both, file first", 3, {"fact 0 from-name " + kMac}},
      {"nowhere", 0, {"malformed"}},
      {"unknown place", 4, {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Dhcp dhcp;
    dhcp.file = Bytes(in_file).zeros(128 - in_file.size());
    dhcp.server_name = Bytes(in_name).zeros(64 - in_name.size());
    const Bytes payload = message(dhcp, type(1).add(option(52, Bytes().u8(c.where))).add(end()));
    EXPECT_EQ(describe(read_identity(from_client(payload))), c.want);
  }
}

TEST(Dhcp, LongOptionInPiecesIsOne) {
  const Bytes payload = message({}, type(1)
                                        .add(text_option(60, "android-"))
                                        .add(text_option(12, "tv"))
                                        .add(text_option(60, "dhcp-13"))
                                        .add(end()));
  EXPECT_EQ(describe(read_identity(from_client(payload))),
            (Lines{"fact 0 tv " + kMac, "fact 1 android-dhcp-13 " + kMac}));
}

TEST(Dhcp, RepeatedMessageTypeIsMalformed) {
  const Bytes payload =
      message({.operation = 2, .your_address = "192.168.1.20"}, type(5).add(type(5)).add(end()));
  EXPECT_EQ(describe(read_identity(from_server(payload))), Lines{"malformed"});
}

TEST(Dhcp, RelayedRequestSpeaksOfTheClient) {
  const Bytes payload = message({.relay = "192.168.2.1"}, type(3).add(text_option(12, "camera")).add(end()));
  const Packet packet = make_packet(
      {.source_mac = kServerMac, .source = "192.168.2.1", .source_port = 67, .destination_port = 67},
      payload);
  // Neither the relay's MAC nor its address.
  EXPECT_EQ(describe(read_identity(packet)), (Lines{"fact 0 camera " + kMac}));
}

TEST(Dhcp, RenewalCarriesTheAddressInUse) {
  const Bytes payload =
      message({.client_address = "192.168.1.20"}, type(3).add(text_option(12, "nas")).add(end()));
  const Packet packet = make_packet({.source_port = 68, .destination_port = 67}, payload);
  EXPECT_EQ(describe(read_identity(packet)), (Lines{"fact 0 nas " + kMac + " 192.168.1.20"}));
}

TEST(Dhcp, BootpWithoutOptions) {
  const Bytes reply =
      message({.operation = 2, .your_address = "192.168.1.77", .cookie = false}, Bytes().zeros(64));
  EXPECT_EQ(describe(read_identity(from_server(reply))), (Lines{"dhcp " + kMac + " 192.168.1.77"}));
  const Bytes bare = message({.operation = 2, .your_address = "192.168.1.77", .cookie = false}, Bytes());
  EXPECT_EQ(describe(read_identity(from_server(bare))), (Lines{"dhcp " + kMac + " 192.168.1.77"}));
  const Bytes request = message({.cookie = false}, Bytes());
  EXPECT_EQ(describe(read_identity(from_client(request))), Lines{});
}

TEST(Dhcp, ImpossibleClaimsAreDropped) {
  const struct {
    const char* name;
    Dhcp dhcp;
    Lines want;
  } cases[] = {
      {"group MAC",
       {.operation = 2, .your_address = "192.168.1.20", .chaddr = "01:00:5e:00:00:01"},
       {"malformed"}},
      {"multicast address", {.operation = 2, .your_address = "224.0.0.1"}, {"malformed"}},
      {"broadcast address", {.operation = 2, .your_address = "255.255.255.255"}, {"malformed"}},
      {"no MAC at all", {.operation = 2, .your_address = "192.168.1.20", .chaddr = "00:00:00:00:00:00"}, {}},
      {"InfiniBand",
       {.operation = 2, .hardware_type = 32, .hardware_length = 0, .your_address = "192.168.1.20"},
       {}},
      {"unknown operation", {.operation = 3, .your_address = "192.168.1.20"}, {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes payload = message(c.dhcp, type(5).add(end()));
    EXPECT_EQ(describe(read_identity(from_server(payload))), c.want);
  }
}

TEST(Dhcp, BrokenOptionKeepsWhatCameBefore) {
  const Bytes payload =
      message({}, type(1).add(text_option(12, "fridge")).add(Bytes().u8(60).u8(200).text("short")));
  EXPECT_EQ(describe(read_identity(from_client(payload))), (Lines{"fact 0 fridge " + kMac, "malformed"}));
}

TEST(Dhcp, TextsAreCapped) {
  const Bytes payload = message({}, type(1)
                                        .add(text_option(12, std::string(255, 'a')))
                                        .add(option(55, Bytes().text(std::string(255, '\xfb'))))
                                        .add(option(61, Bytes().text(std::string(65, '\xab'))))
                                        .add(end()));
  const Findings findings = read_identity(from_client(payload));
  ASSERT_EQ(findings.facts.size(), 3U);
  EXPECT_EQ(findings.facts[0].value, std::string(wire::kMaxText, 'a'));
  // 32 numbers of three digits and their commas; none is cut in half.
  EXPECT_EQ(findings.facts[1].value.size(), 127U);
  EXPECT_TRUE(findings.facts[1].value.ends_with(",251"));
  EXPECT_EQ(findings.facts[2].value.size(), wire::kMaxText);
}

TEST(Dhcp, EveryCutIsMalformedOrHarmless) {
  const Bytes payload =
      message({.operation = 2, .your_address = "192.168.1.20"}, type(5).add(lease(60)).add(end()));
  for (std::size_t length = 0; length < payload.size(); ++length) {
    const Bytes cut = Bytes().text(payload.view().substr(0, length));
    const Findings findings = read_identity(from_server(cut));
    if (length < 236) {
      EXPECT_TRUE(findings.malformed) << length;
    }
    for (const auto& claim : findings.claims) EXPECT_EQ(to_string(claim.address), "192.168.1.20") << length;
  }
}

TEST(Dhcp, CutByTheCaptureIsNotMalformed) {
  const Bytes payload = Bytes().u8(1).u8(1);
  Packet packet = from_client(payload);
  packet.missing_bytes = 300;
  EXPECT_FALSE(read_identity(packet).malformed);
}

}  // namespace
}  // namespace gatewitness::dissect::test
