// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/conntrack_parse.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>

#include <algorithm>

#include "probes/kernel/message_bounds.h"
#include "tests/unit/kernel/messages.h"

namespace gatewitness::kernel {
namespace {

FiveTuple tuple(const char* text) {
  return FiveTuple::parse(text).value();
}

ConntrackFields v4() {
  return {.original = tuple("tcp 192.168.1.20:40000 > 198.51.100.9:25"),
          .reply = tuple("tcp 198.51.100.9:25 > 203.0.113.7:60460")};
}

std::optional<ConntrackMessage> parse(const ConntrackFields& fields) {
  Message message(conntrack_type(fields.subtype), fields.flags);
  fill(message, fields);
  return parse_conntrack(message.get());
}

TEST(ConntrackParse, ReadsBothTuplesAndTheRest) {
  auto fields = v4();
  fields.zone = 3;
  fields.status = IPS_SEEN_REPLY | IPS_ASSURED;
  fields.tcp_state = TCP_CONNTRACK_ESTABLISHED;
  fields.start_ns = 1'700'000'000'123'456'789;
  fields.stop_ns = 1'700'000'001'000'000'000;
  const auto got = parse(fields);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->event, ConntrackEvent::kNew);
  EXPECT_EQ(got->entry.original, fields.original);
  EXPECT_EQ(got->entry.reply, fields.reply);
  EXPECT_EQ(got->entry.id, 7U);
  EXPECT_EQ(got->entry.zone, 3);
  EXPECT_EQ(got->entry.status, fields.status);
  EXPECT_EQ(got->entry.tcp_state, fields.tcp_state);
  EXPECT_EQ(got->entry.started, Timestamp(Duration(1'700'000'000'123'456)));
  EXPECT_EQ(got->entry.ended, Timestamp(Duration(1'700'000'001'000'000)));
}

TEST(ConntrackParse, ReadsIpv6) {
  auto fields = v4();
  fields.original = tuple("tcp [fd00::20]:40000 > [2001:db8::9]:587");
  fields.reply = fields.original.reversed();
  const auto got = parse(fields);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->entry.original, fields.original);
  EXPECT_EQ(got->entry.reply, fields.reply);
  EXPECT_FALSE(got->entry.status);
  EXPECT_FALSE(got->entry.started);
}

TEST(ConntrackParse, TellsEventsApart) {
  struct Case {
    const char* name;
    uint8_t subtype;
    uint16_t flags;
    std::optional<ConntrackEvent> want;
  };
  const Case cases[] = {
      {"new", IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, ConntrackEvent::kNew},
      {"update", IPCTNL_MSG_CT_NEW, 0, ConntrackEvent::kUpdate},
      {"dump", IPCTNL_MSG_CT_NEW, NLM_F_MULTI, ConntrackEvent::kDump},
      {"destroy", IPCTNL_MSG_CT_DELETE, 0, ConntrackEvent::kDestroy},
      {"a request", IPCTNL_MSG_CT_GET, 0, std::nullopt},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    auto fields = v4();
    fields.subtype = c.subtype;
    fields.flags = c.flags;
    const auto got = parse(fields);
    EXPECT_EQ(got ? std::optional(got->event) : std::nullopt, c.want);
  }
}

TEST(ConntrackParse, PassesOverWhatIsNotTcp) {
  auto fields = v4();
  fields.original.protocol = fields.reply.protocol = kProtocolUdp;
  EXPECT_FALSE(parse(fields));
}

TEST(ConntrackParse, PassesOverOtherSubsystems) {
  Message message(NFNL_SUBSYS_CTNETLINK_EXP << 8 | IPCTNL_MSG_CT_NEW, 0);
  fill(message, v4());
  EXPECT_FALSE(parse_conntrack(message.get()));
}

TEST(ConntrackParse, RefusesAttributesOfImpossibleLength) {
  Message message(conntrack_type(IPCTNL_MSG_CT_NEW), NLM_F_CREATE);
  message.family(nfgenmsg{});
  const std::array<uint8_t, 3> short_address{192, 168, 1};
  for (const uint16_t number : {CTA_TUPLE_ORIG, CTA_TUPLE_REPLY})
    message.nest(number, [&](Message& inside) {
      inside.nest(CTA_TUPLE_IP, [&](Message& ip) {
        ip.put(CTA_IP_V4_SRC, short_address);
        ip.put(CTA_IP_V4_DST, short_address);
      });
    });
  message.put_big_endian(CTA_ID, uint16_t{7});
  EXPECT_FALSE(parse_conntrack(message.get()));
}

// Every cut of a message and every byte of it set to the extremes: no reading beyond the end (the sanitizer's
// word), and what is still read has the right protocol.
TEST(ConntrackParse, SurvivesCutsAndDamage) {
  auto fields = v4();
  fields.status = IPS_SEEN_REPLY;
  fields.tcp_state = TCP_CONNTRACK_CLOSE;
  fields.start_ns = 1;
  Message message(conntrack_type(IPCTNL_MSG_CT_NEW), NLM_F_CREATE);
  fill(message, fields);
  const auto whole = message.bytes();
  const auto look = [](const std::vector<uint8_t>& bytes) {
    // A copy of exactly this size, aligned: one byte too far is heap overflow.
    std::vector<uint8_t> copy(bytes);
    const auto* header = reinterpret_cast<const nlmsghdr*>(copy.data());
    if (!is_whole(header, copy.size())) return;
    const auto got = parse_conntrack(header);
    EXPECT_EQ(got ? got->entry.original.protocol : kProtocolTcp, kProtocolTcp);
  };
  for (std::size_t length = sizeof(nlmsghdr); length <= whole.size(); ++length) {
    std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const auto claimed = static_cast<uint32_t>(length);
    std::memcpy(cut.data(), &claimed, sizeof(claimed));
    look(cut);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const uint8_t value : std::initializer_list<uint8_t>{0x00, 0x01, 0x7f, 0x80, 0xff}) {
      auto damaged = whole;
      damaged[at] = value;
      look(damaged);
    }
  }
}

TEST(ConntrackParse, NamesTcpStates) {
  EXPECT_EQ(tcp_state_name(TCP_CONNTRACK_SYN_SENT), "SYN_SENT");
  EXPECT_EQ(tcp_state_name(TCP_CONNTRACK_CLOSE), "CLOSE");
  EXPECT_EQ(tcp_state_name(TCP_CONNTRACK_MAX), "");
  EXPECT_EQ(tcp_state_name(255), "");
}

}  // namespace
}  // namespace gatewitness::kernel
