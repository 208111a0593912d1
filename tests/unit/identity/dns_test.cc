// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "probes/dissect/dns_message.h"
#include "tests/unit/identity/test_packets.h"

namespace gatewitness::dissect::test {
namespace {

const std::string kWho = " " + std::string(kDeviceMac) + " 192.168.1.20";

Bytes header(unsigned flags, unsigned questions, unsigned additional = 0) {
  return Bytes().u16(0x1234).u16(flags).u16(questions).u16(0).u16(0).u16(additional);
}
Bytes question(std::string_view name, unsigned type, unsigned klass = 1) {
  return Bytes().name(name).u16(type).u16(klass);
}
Bytes edns() {
  return Bytes().u8(0).u16(41).u16(1232).u32(0).u16(0);
}

TEST(Dns, MxQuestionsOfClients) {
  const struct {
    const char* name;
    Bytes message;
    Lines want;
  } cases[] = {
      {"plain", header(0x0100, 1).add(question("example.com", 15)), {"mx example.com" + kWho}},
      {"mixed case", header(0x0100, 1).add(question("eXaMPle.CoM", 15)), {"mx example.com" + kWho}},
      {"with EDNS",
       header(0x0100, 1, 1).add(question("example.com", 15)).add(edns()),
       {"mx example.com" + kWho}},
      {"an address", header(0x0100, 1).add(question("example.com", 1)), {}},
      {"class CHAOS", header(0x0100, 1).add(question("example.com", 15, 3)), {}},
      {"an answer", header(0x8180, 1).add(question("example.com", 15)), {}},
      {"an update", header(0x2800, 1).add(question("example.com", 15)), {}},
      {"the root", header(0x0100, 1).add(question("", 15)), {}},
      {"no question", header(0x0100, 0), {}},
      {"header cut off", Bytes().u16(1), {"malformed"}},
      {"question missing", header(0x0100, 1), {"malformed"}},
      {"type missing", header(0x0100, 1).add(Bytes().name("example.com")), {"malformed"}},
      {"pointer to itself", header(0x0100, 1).u8(0xc0).u8(12).u16(15).u16(1), {"malformed"}},
      {"unknown label type", header(0x0100, 1).u8(0x41).u8(12).u16(15).u16(1), {"malformed"}},
      {"second question broken",
       header(0x0100, 2).add(question("example.com", 15)).u8(63),
       {"mx example.com" + kWho, "malformed"}},
      {"bytes as they came",
       header(0x0100, 1).u8(3).text("a\x1b\xff").u8(0).u16(15).u16(1),
       {"mx a\x1b\xff" + kWho}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(read_identity(make_packet({}, c.message))), c.want);
  }
}

TEST(Dns, AnswersFromTheServerAreNotRead) {
  const Bytes message = header(0x0100, 1).add(question("example.com", 15));
  const Packet packet = make_packet({.source_port = 53, .destination_port = 40000}, message);
  EXPECT_FALSE(carries_identity(packet));
}

TEST(Dns, TcpReadsWholeMessagesOfOneSegment) {
  const Bytes query = header(0x0100, 1).add(question("example.com", 15));
  const auto framed = [](const Bytes& message) {
    return Bytes().u16(static_cast<unsigned>(message.size())).add(message);
  };
  const struct {
    const char* name;
    Bytes payload;
    Lines want;
  } cases[] = {
      {"one", framed(query), {"mx example.com" + kWho}},
      {"two",
       framed(query).add(framed(header(0, 1).add(question("example.org", 15)))),
       {"mx example.com" + kWho, "mx example.org" + kWho}},
      {"length alone", Bytes().u16(29), {}},
      {"middle of something", Bytes().text("continued, of an earlier segment"), {}},
      {"shorter than announced", Bytes().u16(400).add(query), {}},
      {"rubbish of the right length", framed(Bytes().zeros(4).u16(9).zeros(6).text("\xff\xff")), {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(describe(read_identity(make_packet({.protocol = kProtocolTcp}, c.payload))), c.want);
  }
}

TEST(Dns, WithoutMacsTheAddressStillAsks) {
  const Bytes message = header(0x0100, 1).add(question("example.com", 15));
  Packet packet = make_packet({}, message);
  packet.has_macs = false;
  packet.source_mac = {};
  EXPECT_EQ(describe(read_identity(packet)), (Lines{"mx example.com 00:00:00:00:00:00 192.168.1.20"}));
}

TEST(Dns, QuestionsAreReadUpToTheLimit) {
  Bytes four = header(0x0100, 4);
  Bytes five = header(0x0100, 5);
  for (int i = 0; i < 4; ++i) four.add(question("example.com", 15));
  for (int i = 0; i < 5; ++i) five.add(question("example.com", 15));
  EXPECT_EQ(read_identity(make_packet({}, four)).mx_queries.size(), 4U);
  EXPECT_EQ(read_identity(make_packet({}, four)).over_limit, 0U);
  EXPECT_EQ(read_identity(make_packet({}, five)).mx_queries.size(), 4U);
  EXPECT_EQ(read_identity(make_packet({}, five)).over_limit, 1U);
}

// A name of one-byte labels and, at its end, a longer one to reach exactly the number of bytes wanted.
Bytes name_of(std::size_t wire_bytes) {
  Bytes name;
  while (name.size() + 1 + 2 < wire_bytes) name.u8(1).text("a");
  if (name.size() + 1 < wire_bytes) name.u8(static_cast<unsigned>(wire_bytes - name.size() - 2)).text("b");
  return name.u8(0);
}

TEST(DnsReader, NamesEndAtTheirLimit) {
  const Bytes longest = header(0, 1).add(name_of(255)).u16(15).u16(1);
  DnsReader reader(longest.vector());
  ASSERT_TRUE(reader.header());
  const auto question = reader.question();
  ASSERT_TRUE(question);
  EXPECT_EQ(question->name.size(), kMaxLabels);

  Bytes name;
  for (int i = 0; i < 128; ++i) name.u8(1).text("a");
  const Bytes too_long = header(0, 1).add(name).u8(0).u16(15).u16(1);
  DnsReader second(too_long.vector());
  ASSERT_TRUE(second.header());
  EXPECT_FALSE(second.question());
  EXPECT_FALSE(second.ok());
}

TEST(DnsReader, PointersOnlyLeadBack) {
  // Two names: "example.com" at 12, then "mail" with a pointer to it.
  Bytes message = header(0, 2).add(question("example.com", 1));
  message.u8(4).text("mail").u8(0xc0).u8(12).u16(15).u16(1);
  DnsReader reader(message.vector());
  ASSERT_TRUE(reader.header());
  ASSERT_TRUE(reader.question());
  const auto second = reader.question();
  ASSERT_TRUE(second);
  EXPECT_EQ(to_text(second->name), "mail.example.com");
  EXPECT_EQ(second->type, kDnsTypeMx);

  const struct {
    const char* name;
    Bytes name_bytes;
  } bad[] = {
      {"to itself", Bytes().u8(0xc0).u8(12)},
      {"forward", Bytes().u8(0xc0).u8(14).u8(0)},
      {"to the part that it ends", Bytes().u8(1).text("a").u8(0xc0).u8(12)},
      {"two that lead to each other", Bytes().u8(0xc0).u8(14).u8(0xc0).u8(12)},
      {"beyond the message", Bytes().u8(0xff).u8(0xff)},
      {"cut in half", Bytes().u8(0xc0)},
  };
  for (const auto& c : bad) {
    SCOPED_TRACE(c.name);
    const Bytes broken = header(0, 1).add(c.name_bytes);
    DnsReader hostile(broken.vector());
    ASSERT_TRUE(hostile.header());
    EXPECT_FALSE(hostile.question());
  }
}

TEST(DnsReader, PointerChainsEndAtTheirLimit) {
  for (const unsigned pointers : {kMaxPointers, kMaxPointers + 1}) {
    // A ladder of pointers, each to the one before, down to a name of one label.
    Bytes message = header(0, 1).u8(1).text("a").u8(0);
    unsigned target = 12;
    for (unsigned i = 0; i < pointers; ++i) {
      const auto at = static_cast<unsigned>(message.size());
      message.u16(0xc000U | target);
      target = at;
    }
    DnsReader reader(message.vector());
    ASSERT_TRUE(reader.header());
    DnsRecord record;
    record.data_offset = target;
    record.data = std::span(message.vector()).subspan(target);
    EXPECT_EQ(reader.name_in(record, 0).has_value(), pointers == kMaxPointers);
  }
}

}  // namespace
}  // namespace gatewitness::dissect::test
