// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

const std::string kWho = " " + std::string(kDeviceMac) + " 192.168.1.20";

Bytes header(unsigned flags, unsigned questions, unsigned answers, unsigned additional = 0) {
  return Bytes().u16(0).u16(flags).u16(questions).u16(answers).u16(0).u16(additional);
}
Bytes record(std::string_view name, unsigned type, const Bytes& data, uint32_t ttl_s = 120,
             unsigned klass = 0x8001) {
  return Bytes().name(name).u16(type).u16(klass).u32(ttl_s).u16(static_cast<unsigned>(data.size())).add(data);
}
Bytes address(std::string_view name, std::string_view ip, uint32_t ttl_s = 120) {
  const Bytes data = Bytes().ip(ip);
  return record(name, data.size() == 4 ? 1 : 28, data, ttl_s);
}
Bytes pointer(std::string_view name, std::string_view target) {
  return record(name, 12, Bytes().name(target));
}
Bytes service(std::string_view name, std::string_view host) {
  return record(name, 33, Bytes().u16(0).u16(0).u16(631).name(host));
}
Bytes txt(std::initializer_list<std::string_view> strings) {
  Bytes data;
  for (const auto text : strings) data.u8(static_cast<unsigned>(text.size())).text(text);
  return record("Printer._ipp._tcp.local", 16, data);
}

Packet answer(const Bytes& payload, std::string_view source = "192.168.1.20") {
  return make_packet({.destination_mac = "01:00:5e:00:00:fb",
                      .source = source,
                      .destination = "224.0.0.251",
                      .source_port = 5353,
                      .destination_port = 5353},
                     payload);
}

TEST(Mdns, DeviceAnswersForItself) {
  const Bytes message = header(0x8400, 0, 3, 2)
                            .add(pointer("_ipp._tcp.local", "Printer._ipp._tcp.local"))
                            .add(service("Printer._ipp._tcp.local", "printer.local"))
                            .add(txt({"txtvers=1", "ty=Inkjet 3000", "usb_MDL=3000", "rp=ipp/print"}))
                            .add(address("printer.local", "192.168.1.20"))
                            .add(address("printer.local", "fe80::20"));
  EXPECT_EQ(describe(read_identity(answer(message))),
            (Lines{"fact 6 _ipp._tcp" + kWho, "fact 7 ty=Inkjet 3000" + kWho, "fact 7 usb_MDL=3000" + kWho,
                   "fact 5 printer" + kWho}));
}

TEST(Mdns, WhoSpeaksForOthersSaysNothingOfHimself) {
  // A reflector's or sleep proxy's frame: none of the addresses is the sender's.
  const Bytes message = header(0x8400, 0, 2)
                            .add(pointer("_ipp._tcp.local", "Printer._ipp._tcp.local"))
                            .add(address("printer.local", "192.168.2.9"));
  EXPECT_EQ(describe(read_identity(answer(message))), Lines{});
}

TEST(Mdns, OnlyTheNameOfTheSendersAddressIsHis) {
  const Bytes message = header(0x8400, 0, 2)
                            .add(address("other.local", "192.168.1.21"))
                            .add(address("tv.local", "192.168.1.20"));
  EXPECT_EQ(describe(read_identity(answer(message))), (Lines{"fact 5 tv" + kWho}));
}

TEST(Mdns, OverIpv6) {
  const Bytes message = header(0x8400, 0, 1).add(address("tv.local", "fe80::20"));
  EXPECT_EQ(describe(read_identity(answer(message, "fe80::20"))),
            (Lines{"fact 5 tv " + std::string(kDeviceMac) + " fe80::20"}));
}

TEST(Mdns, QuestionsAndTheirKnownAnswersAreNotRead) {
  const Bytes message = header(0x0000, 1, 1)
                            .add(Bytes().name("_ipp._tcp.local").u16(12).u16(1))
                            .add(pointer("_ipp._tcp.local", "Printer._ipp._tcp.local"));
  EXPECT_EQ(describe(read_identity(answer(message))), Lines{});
}

TEST(Mdns, LegacyQuestionsDoNotCarryIdentity) {
  const Bytes message = header(0, 0, 0);
  EXPECT_FALSE(carries_identity(make_packet({.source_port = 40000, .destination_port = 5353}, message)));
}

TEST(Mdns, ServiceTypes) {
  const struct {
    const char* name;
    Bytes message;
    Lines want;
  } cases[] = {
      {"type", pointer("_http._tcp.local", "A._http._tcp.local"), {"fact 6 _http._tcp" + kWho}},
      {"list of types",
       pointer("_services._dns-sd._udp.local", "_raop._tcp.local"),
       {"fact 6 _raop._tcp" + kWho}},
      {"subtype", pointer("_color._sub._ipp._tcp.local", "A._ipp._tcp.local"), {"fact 6 _ipp._tcp" + kWho}},
      {"instance", service("A._airplay._tcp.local", "tv.local"), {"fact 6 _airplay._tcp" + kWho}},
      {"reverse name", pointer("20.1.168.192.in-addr.arpa", "tv.local"), {}},
      {"not local", pointer("_http._tcp.example.com", "A._http._tcp.example.com"), {}},
      {"goodbye", record("_http._tcp.local", 12, Bytes().name("A._http._tcp.local"), 0), {}},
      {"target cut off", record("_http._tcp.local", 12, Bytes().u8(9).text("x")), {"malformed"}},
      {"target leaves its record",
       record("_http._tcp.local", 12, Bytes().u8(1)).text("a").u8(0),
       {"malformed"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(read_identity(answer(header(0x8400, 0, 1).add(c.message)))), c.want);
  }
}

TEST(Mdns, ModelKeysInAnyCase) {
  const Bytes message = header(0x8400, 0, 1)
                            .add(txt({"MODEL=X1", "md=Speaker", "am=Tv3,1", "fn=Kitchen", "product=(Laser)",
                                      "rmodel=Y", "mdl=Z", "model", "md=", "path=/"}));
  EXPECT_EQ(describe(read_identity(answer(message))),
            (Lines{"fact 7 MODEL=X1" + kWho, "fact 7 md=Speaker" + kWho, "fact 7 am=Tv3,1" + kWho,
                   "fact 7 fn=Kitchen" + kWho, "fact 7 product=(Laser)" + kWho, "fact 7 rmodel=Y" + kWho,
                   "fact 7 mdl=Z" + kWho}));
}

TEST(Mdns, BrokenMessages) {
  const struct {
    const char* name;
    Bytes message;
    Lines want;
  } cases[] = {
      {"empty", Bytes(), {"malformed"}},
      {"record missing", header(0x8400, 0, 1), {"malformed"}},
      {"data reaches too far",
       header(0x8400, 0, 1).name("a.local").u16(1).u16(1).u32(9).u16(4).u8(1),
       {"malformed"}},
      {"string reaches too far",
       header(0x8400, 0, 1).add(record("a.local", 16, Bytes().u8(9).text("md=x"))),
       {"malformed"}},
      {"first record good",
       header(0x8400, 0, 2).add(address("tv.local", "192.168.1.20")),
       {"fact 5 tv" + kWho, "malformed"}},
      {"address of three bytes",
       header(0x8400, 0, 1).add(record("tv.local", 1, Bytes().u8(1).u8(2).u8(3))),
       {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(read_identity(answer(c.message))), c.want);
  }
}

TEST(Mdns, RecordsAreReadUpToTheLimit) {
  for (const unsigned before : {255U, 256U}) {
    Bytes message = header(0x8400, 0, before + 1);
    for (unsigned i = 0; i < before; ++i) message.add(record("a.local", 47, Bytes()));
    message.add(address("tv.local", "192.168.1.20"));
    const Findings findings = read_identity(answer(message));
    EXPECT_EQ(findings.facts.size(), before == 255 ? 1U : 0U);
    EXPECT_EQ(findings.over_limit, before == 255 ? 0U : 1U);
  }
}

TEST(Mdns, FactsAreTakenUpToTheLimit) {
  for (const std::size_t count : {kMaxFactsPerPacket, kMaxFactsPerPacket + 1}) {
    Bytes data;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = "md=" + std::to_string(i);
      data.u8(static_cast<unsigned>(text.size())).text(text);
    }
    const Findings findings = read_identity(answer(header(0x8400, 0, 1).add(record("a.local", 16, data))));
    EXPECT_EQ(findings.facts.size(), kMaxFactsPerPacket);
    EXPECT_EQ(findings.over_limit, count - kMaxFactsPerPacket);
  }
}

}  // namespace
}  // namespace gatewitness::dissect::test
