// SPDX-License-Identifier: Apache-2.0
//
// The dissector at the limit of each of its tables and one past it, what it says twice, and what it counts.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/dissect/dissector_bench.h"

namespace gatewitness::dissect {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::Conversation;
using test::operator+;

Conversation from_port(uint16_t port) {
  return Conversation({.client_port = port});
}

TEST(DissectorLimits, FlowsToTheLimitAndOnePast) {
  DissectorBench bench({.flows = 3});
  std::vector<Conversation> talks;
  for (uint16_t port = 1; port <= 4; ++port) talks.push_back(from_port(port));
  for (std::size_t i = 0; i < 3; ++i) bench.frame(talks[i].syn());
  EXPECT_EQ(bench.counter("flows_evicted"), 0U);
  bench.frame(talks[0].syn_ack());
  bench.frame(talks[3].syn());
  EXPECT_EQ(bench.counter("flows_live"), 3U);
  EXPECT_EQ(bench.counter("flows_evicted"), 1U);
  EXPECT_EQ(bench.counter("flows_opened"), 4U);
  EXPECT_FALSE(bench.dissector.is_tracked(talks[1].tuple())) << "the least recently active";
  EXPECT_TRUE(bench.dissector.is_tracked(talks[0].tuple()));
  EXPECT_TRUE(bench.last_attempts()[1].final) << "is told as it stood";
}

TEST(DissectorLimits, SynFlood) {
  DissectorBench bench({.flows = 100});
  for (uint16_t port = 1; port < 5000; ++port) {
    bench.frame(from_port(port).syn(), 10us);
    ASSERT_LE(bench.counter("flows_live"), 100U);
  }
  EXPECT_EQ(bench.counter("flows_evicted"), 4899U);
  bench.finish();
  EXPECT_EQ(bench.last_attempts().size(), 4999U) << "each attempt is told all the same";
}

TEST(DissectorLimits, TalksToTheLimitAndOnePast) {
  DissectorBench bench({.flows = 100, .talks = 3});
  std::vector<Conversation> talks;
  for (uint16_t port = 1; port <= 5; ++port) talks.push_back(from_port(port));
  bench.frame(talks[4].syn());
  for (std::size_t i = 0; i < 3; ++i) bench.frame(talks[i].client("EHLO x\r\n"));
  EXPECT_EQ(bench.counter("flows_talking"), 3U);
  EXPECT_EQ(bench.counter("flows_evicted"), 0U);
  bench.frame(talks[3].client("EHLO x\r\n"));
  EXPECT_EQ(bench.counter("flows_talking"), 3U);
  EXPECT_EQ(bench.counter("flows_live"), 4U);
  EXPECT_EQ(bench.counter("flows_evicted"), 1U);
  EXPECT_FALSE(bench.dissector.is_tracked(talks[0].tuple()));
  EXPECT_TRUE(bench.dissector.is_tracked(talks[4].tuple())) << "who says nothing costs no talk";
}

// The flow whose packet is being read is never the one that has to go.
TEST(DissectorLimits, OneTalkAtATime) {
  DissectorBench bench({.flows = 1, .talks = 1, .buffered_bytes = 0});
  for (int round = 0; round < 3; ++round) {
    for (uint16_t port = 1; port <= 3; ++port) {
      Conversation talk = from_port(port);
      bench.frame(talk.client("EHLO x\r\n"));
      EXPECT_TRUE(bench.dissector.is_tracked(talk.tuple()));
      (void)talk.client("lost");
      bench.frame(talk.client("MAIL FROM:<>\r\n"));
      EXPECT_TRUE(bench.dissector.is_tracked(talk.tuple()));
      EXPECT_EQ(bench.counter("bytes_buffered"), 0U);
    }
  }
  EXPECT_EQ(bench.counter("holes_given_up"), 9U);
}

TEST(DissectorLimits, BytesThatWaitAreGivenUpWithTheLongestWaitingFirst) {
  DissectorBench bench({.buffered_bytes = 3000});
  std::vector<Conversation> talks = {from_port(1), from_port(2)};
  for (auto& talk : talks) {
    bench.frame(talk.client("EHLO x\r\n"));
    (void)talk.client("lost line\r\n");
  }
  const std::string line = "RCPT TO:<" + std::string(1000, 'a') + "@example.org>\r\n";
  bench.frame(talks[0].client(line));
  bench.frame(talks[1].client(line));
  EXPECT_EQ(bench.counter("holes_given_up"), 0U);
  bench.frame(talks[1].client(line));
  EXPECT_EQ(bench.counter("holes_given_up"), 1U);
  EXPECT_LE(bench.counter("bytes_buffered"), 3000U);
  bench.tick(10s);
  EXPECT_TRUE(bench.last_attempts()[0].at_least);
  EXPECT_EQ(bench.last_attempts()[0].to_server.lost_bytes, 11U);
  EXPECT_EQ(bench.last_attempts()[1].to_server.lost_bytes, 0U) << "this one still waits";
}

TEST(DissectorLimits, DefragmentationsToTheLimitAndOnePast) {
  DissectorBench bench({.defragmentations = 2});
  const Bytes segment = test::tcp({}, "EHLO " + std::string(60, 'x') + "\r\n");
  const auto first_part = [&](uint16_t id) {
    test::Ipv4Spec spec;
    spec.id = id;
    return test::frame(test::Link::kEthernet, test::fragments(spec, segment, 48)[0]);
  };
  bench.frame(first_part(1));
  bench.frame(first_part(2));
  EXPECT_EQ(bench.counter("datagrams_dropped"), 0U);
  bench.frame(first_part(3));
  EXPECT_EQ(bench.counter("datagrams_dropped"), 1U);
}

Bytes arp_of(std::string_view mac, std::string_view address) {
  return test::arp(2, mac, address, "192.168.1.1");
}

TEST(DissectorLimits, FactsToTheLimitAndOnePast) {
  DissectorBench bench({.identity_facts = 2});
  const Bytes a = arp_of("02:00:5e:00:00:0a", "192.168.1.10");
  const Bytes b = arp_of("02:00:5e:00:00:0b", "192.168.1.11");
  const Bytes c = arp_of("02:00:5e:00:00:0c", "192.168.1.12");
  for (const Bytes* frame : {&a, &b, &a, &b}) bench.frame(*frame);
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 2U);
  EXPECT_EQ(bench.counter("identity_forgotten"), 0U);
  bench.frame(c);
  EXPECT_EQ(bench.counter("identity_forgotten"), 1U);
  bench.frame(b);
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 3U);
  bench.frame(a);
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 4U) << "forgotten, so it is news again";
}

TEST(DissectorRepeats, ClaimsAreSaidOnceAndAgainWhenDue) {
  DissectorBench bench;
  const Bytes claim = arp_of(test::kDeviceMac, test::kDevice);
  bench.frame(claim);
  bench.frame(claim, 1h - 1us);
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 1U);
  bench.frame(claim, 1us);
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 2U);
}

TEST(DissectorRepeats, AnotherOwnerIsNewsAtOnceEachTime) {
  DissectorBench bench;
  for (int round = 0; round < 2; ++round) {
    bench.frame(arp_of(test::kDeviceMac, test::kDevice));
    bench.frame(arp_of("02:00:5e:00:00:66", test::kDevice));
  }
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 4U);
}

TEST(DissectorRepeats, AnotherInterfaceIsNews) {
  DissectorBench bench;
  bench.frame(arp_of(test::kDeviceMac, test::kDevice));
  bench.frame(Conversation().syn());
  bench.interface = "br-guest";
  bench.frame(arp_of(test::kDeviceMac, test::kDevice));
  bench.frame(from_port(7).syn());
  bench.interface = "br-lan";
  bench.frame(arp_of(test::kDeviceMac, test::kDevice));
  EXPECT_EQ(bench.all<wire::AddressClaim>().size(), 2U);
  EXPECT_EQ(bench.all<wire::AddressClaim>()[1].interface, "br-guest");
  EXPECT_EQ(bench.all<wire::IdentityFact>().size(), 2U) << "SYN fingerprints";
}

TEST(DissectorRepeats, WithoutMacsTheAddressSaysWhoSpoke) {
  DissectorBench bench;
  for (const std::string_view source : {"192.168.1.20", "192.168.1.21", "192.168.1.20"}) {
    test::Ipv4Spec spec;
    spec.source = source;
    spec.protocol = kProtocolUdp;
    spec.destination = "239.255.255.250";
    const Bytes packet = test::ipv4(
        spec,
        test::udp(5000, 1900,
                  "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nNT: upnp:rootdevice\r\nSERVER: TV/1\r\n\r\n"));
    bench.now += 1ms;
    bench.dissector.frame("file", LinkType::kRawIp, bench.now, packet, static_cast<uint32_t>(packet.size()));
  }
  std::multiset<std::string> servers;
  for (const auto& fact : bench.all<wire::IdentityFact>())
    if (fact.kind == wire::FactKind::kSsdpServer) servers.insert(to_string(fact.address.value()));
  EXPECT_EQ(servers, (std::multiset<std::string>{"192.168.1.20", "192.168.1.21"}));
}

TEST(DissectorRepeats, SynFingerprintOnlyOfTheLan) {
  DissectorBench bench;
  bench.frame(Conversation({.client = "203.0.113.99", .server = test::kDevice}).syn());
  EXPECT_EQ(bench.all<wire::IdentityFact>().size(), 0U);
  bench.frame(Conversation().syn());
  bench.frame(from_port(7).syn());
  ASSERT_EQ(bench.all<wire::IdentityFact>().size(), 1U);
  EXPECT_EQ(bench.all<wire::IdentityFact>()[0].kind, wire::FactKind::kSynFingerprint);
}

// Each counter that the header names is there, once, and moves when its thing happens.
Bytes ip_of(uint16_t id, const Bytes& segment, bool first_half_only) {
  test::Ipv4Spec spec;
  spec.id = id;
  return first_half_only ? test::fragments(spec, segment, 48)[0] : test::fragments(spec, segment, 48)[1];
}
Bytes segment_of(uint16_t port, uint32_t sequence, std::string_view payload) {
  test::TcpSpec spec;
  spec.source_port = port;
  spec.sequence = sequence;
  return test::tcp(spec, payload);
}

TEST(DissectorCounters, EachMoves) {
  DissectorBench bench(
      {.flows = 4, .talks = 2, .buffered_bytes = 500, .defragmentations = 1, .identity_facts = 1}, 8, 1);
  const Bytes syn = Conversation().syn();
  bench.frame(test::cut(syn, 40));                       // truncated
  bench.frame(test::ethernet(0x0800, Bytes(40, 0x55)));  // malformed
  bench.frame(test::ethernet(0x8847, Bytes(40, 0)));     // not IP
  bench.frame(syn);
  bench.frame(syn, -2 * kClockSetBack);
  bench.now += 1h;
  const Bytes long_segment = segment_of(1, 1000, std::string(40, 'x'));
  for (const auto& [id, first] : {std::pair{1, true}, {1, false}, {2, true}, {3, true}}) {
    const Bytes part = ip_of(static_cast<uint16_t>(id), long_segment, first);
    bench.frame(test::frame(test::Link::kEthernet, part));
  }
  bench.frame(arp_of("01:00:5e:00:00:66", "192.168.1.66"));  // a group's MAC: identity_malformed
  bench.frame(arp_of("02:00:5e:00:00:0a", "192.168.1.10"));
  Conversation talk = from_port(99);
  bench.frame(talk.client("EHLO x\r\n"));
  const Bytes again = talk.client("NOOP\r\n");
  bench.frame(again);
  bench.frame(again);  // retransmitted
  (void)talk.client("lost");
  bench.frame(talk.client("held"));
  (void)talk.client("lost");
  Conversation liar = talk;
  bench.frame(talk.client("abcdef"));
  bench.frame(liar.client("abcXYZ"));  // conflicting
  const auto held = bench.counter("bytes_buffered");
  EXPECT_GE(held, 10U);
  EXPECT_LE(held, 500U);
  bench.frame(test::frame(test::Link::kEthernet, test::ipv4({}, segment_of(99, 0x90000000, "far"))));
  for (int i = 0; i < 6; ++i) {
    (void)talk.client("lost");
    bench.frame(talk.client("more"));  // until holes are given up
  }
  for (uint16_t port = 1; port < 6; ++port) bench.frame(from_port(port).syn());
  EXPECT_EQ(bench.counter("flows_live"), 4U);
  bench.frame(from_port(7).client("EHLO y\r\n"));
  EXPECT_GE(bench.counter("flows_talking"), 1U);
  bench.finish();

  std::set<std::string> names;
  for (const auto& one : bench.dissector.counters()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name << " twice";
    const bool now = one.name == "flows_live" || one.name == "flows_talking" || one.name == "bytes_buffered";
    if (one.name == "identity_over_limit") continue;  // below
    EXPECT_EQ(one.value == 0, now) << one.name << " = " << one.value;
  }
  EXPECT_EQ(names, (std::set<std::string>{"frames",
                                          "frames_truncated",
                                          "frames_malformed",
                                          "frames_not_ip",
                                          "clock_steps_back",
                                          "fragments",
                                          "datagrams_reassembled",
                                          "datagrams_dropped",
                                          "flows_opened",
                                          "flows_evicted",
                                          "flows_live",
                                          "flows_talking",
                                          "bytes_buffered",
                                          "holes_given_up",
                                          "segments_retransmitted",
                                          "segments_conflicting",
                                          "segments_out_of_window",
                                          "bytes_lost",
                                          "identity_malformed",
                                          "identity_over_limit",
                                          "identity_forgotten",
                                          "evidence_frames",
                                          "evidence_frames_skipped"}));
}

TEST(DissectorCounters, FactsBeyondAPacketsLimit) {
  test::Ipv4Spec spec;
  spec.protocol = kProtocolUdp;
  spec.source = "192.168.1.20";
  // An mDNS answer with more services than a packet may bring.
  std::string message("\0\0\x84\0\0\0\0\x28\0\0\0\0", 12);
  for (int i = 0; i < 40; ++i) {
    const std::string label = "_s" + std::to_string(i + 10);
    message += std::string("\x09_services\x07_dns-sd\x04_udp\x05local", 29) + '\0';
    message += std::string("\0\x0c\0\x01\0\0\0\x78\0", 9);
    const std::string name = static_cast<char>(label.size()) + label + "\x04_tcp\x05local" + '\0';
    message += static_cast<char>(name.size()) + name;
  }
  DissectorBench bench;
  bench.frame(test::frame(test::Link::kEthernet, test::ipv4(spec, test::udp(5353, 5353, message))));
  EXPECT_EQ(bench.all<wire::IdentityFact>().size(), 32U);
  EXPECT_EQ(bench.counter("identity_over_limit"), 8U);
}

}  // namespace
}  // namespace gatewitness::dissect
