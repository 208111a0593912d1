// SPDX-License-Identifier: Apache-2.0
//
// Records out for frames in: what one conversation is told as, whichever part of it was captured.
#include "probes/dissect/dissector.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/dissect/dissector_bench.h"

namespace gatewitness::dissect {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::Conversation;
using test::operator+;
using wire::IsMail;
using wire::Outcome;

void greet(DissectorBench& bench, Conversation& talk) {
  bench.frame(talk.syn());
  bench.frame(talk.syn_ack(), 20ms);
  bench.frame(talk.client(""));
  bench.frame(talk.server("220 mx.example ESMTP\r\n"), 30ms);
}

// From MAIL on, of a session that delivers one message to one of two recipients.
void deliver(DissectorBench& bench, Conversation& talk) {
  bench.frame(talk.client("EHLO fridge.example\r\n"));
  bench.frame(talk.server("250 mx.example\r\n"));
  bench.frame(talk.client("MAIL FROM:<a@example.org>\r\n"));
  bench.frame(talk.server("250 ok\r\n"));
  bench.frame(talk.client("RCPT TO:<b@example.com>\r\n"));
  bench.frame(talk.server("250 ok\r\n"));
  bench.frame(talk.client("RCPT TO:<c@example.com>\r\n"));
  bench.frame(talk.server("550 5.1.1 no such user\r\n"));
  bench.frame(talk.client("DATA\r\n"));
  bench.frame(talk.server("354 go ahead\r\n"));
  bench.frame(talk.client("Subject: x\r\n\r\nbody\r\n.\r\n"));
  bench.frame(talk.server("250 2.0.0 Ok: queued as 4Xyz12345\r\n"));
  bench.frame(talk.client("QUIT\r\n"));
  bench.frame(talk.server("221 bye\r\n"));
}

void close(DissectorBench& bench, Conversation& talk) {
  bench.frame(talk.client_fin());
  bench.frame(talk.server_fin());
}

Bytes icmp_about(const Bytes& frame, uint8_t type, std::size_t quoted_bytes = 28) {
  const Bytes packet(frame.begin() + 14, frame.end());
  test::Ipv4Spec spec;
  spec.source = "198.51.100.1";
  spec.destination = test::kDevice;
  spec.protocol = 1;
  return test::frame(test::Link::kEthernet,
                     test::ipv4(spec, test::icmp(type, 1, Bytes(4) + test::cut(packet, quoted_bytes))),
                     {test::kGatewayMac, test::kDeviceMac});
}

TEST(Dissector, FullSession) {
  DissectorBench bench;
  Conversation talk;
  greet(bench, talk);
  deliver(bench, talk);
  close(bench, talk);
  bench.tick(5s);
  const auto attempts = bench.last_attempts();
  ASSERT_EQ(attempts.size(), 1U);
  const auto& attempt = attempts[0];
  EXPECT_TRUE(attempt.final);
  EXPECT_EQ(attempt.flow, talk.tuple());
  EXPECT_EQ(attempt.interface, "br-lan");
  EXPECT_EQ(to_string(attempt.client_mac), test::kDeviceMac);
  EXPECT_EQ(to_string(attempt.next_hop_mac), test::kGatewayMac);
  EXPECT_EQ(attempt.client_ttl, 64);
  EXPECT_EQ(attempt.outcome, Outcome::kClosed);
  EXPECT_EQ(attempt.is_mail, IsMail::kYes);
  EXPECT_EQ(attempt.syns, 1U);
  EXPECT_FALSE(attempt.mid_stream);
  EXPECT_FALSE(attempt.at_least);
  EXPECT_TRUE(attempt.client_seen && attempt.server_seen);
  EXPECT_EQ(attempt.connect_us, 20'000U);
  EXPECT_EQ(attempt.banner_us, 31'000U);
  EXPECT_EQ(attempt.started, DissectorBench::kStart + 1ms);
  EXPECT_EQ(attempt.syn_fingerprint, "4:64:1460:mss*44,0:mss,sok,nop,nop:");
  EXPECT_EQ(attempt.to_server.lost_bytes + attempt.to_client.lost_bytes, 0U);
  ASSERT_TRUE(attempt.smtp);
  EXPECT_EQ(attempt.smtp->ehlo, "fridge.example");
  EXPECT_EQ(attempt.smtp->rcpt_accepted, 1U);
  EXPECT_EQ(attempt.smtp->rcpt_refused, 1U);
  EXPECT_EQ(attempt.smtp->messages_accepted, 1U);
  EXPECT_EQ(attempt.smtp->queue_ids, std::vector<std::string>{"4Xyz12345"});
  EXPECT_FALSE(bench.dissector.is_tracked(talk.tuple()));
}

// What becomes of the connection, from the segments that were seen of it.
TEST(Dissector, Outcomes) {
  const struct {
    std::string_view name;
    std::function<void(DissectorBench&, Conversation&)> script;
    Outcome outcome;
    uint32_t syns;
    bool client_seen, server_seen;
  } cases[] = {
      {"SYN only", [](auto& b, auto& t) { b.frame(t.syn()); }, Outcome::kSynOnly, 1, true, false},
      {"SYN three times is one attempt",
       [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.syn(), 1s), b.frame(t.syn(), 2s); },
       Outcome::kSynOnly, 3, true, false},
      {"refused", [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.server_rst()); }, Outcome::kRefused, 1,
       true, true},
      {"refused, tried again, refused again",
       [](auto& b, auto& t) {
         b.frame(t.syn()), b.frame(t.server_rst()), b.frame(t.syn(), 500ms), b.frame(t.server_rst());
       },
       Outcome::kRefused, 2, true, true},
      {"refused, tried again, answered",
       [](auto& b, auto& t) {
         b.frame(t.syn()), b.frame(t.server_rst()), b.frame(t.syn(), 500ms), b.frame(t.syn_ack());
       },
       Outcome::kEstablished, 2, true, true},
      {"the client gives up before an answer",
       [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.client_rst()); }, Outcome::kSynOnly, 1, true,
       false},
      {"answered", [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.syn_ack()); }, Outcome::kEstablished, 1,
       true, true},
      {"the answer was not captured",
       [](auto& b, auto& t) { b.frame(t.syn()), t.syn_ack(), b.frame(t.client("")); }, Outcome::kEstablished,
       1, true, false},
      {"a server that speaks of an earlier connection is no answer",
       [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.server("")); }, Outcome::kSynOnly, 1, true, true},
      {"nor is the reset that the client sends it",
       [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.server("")), b.frame(t.client_rst()); },
       Outcome::kSynOnly, 1, true, true},
      {"reset", [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.syn_ack()), b.frame(t.server_rst()); },
       Outcome::kReset, 1, true, true},
      {"closed by one side",
       [](auto& b, auto& t) { b.frame(t.syn()), b.frame(t.syn_ack()), b.frame(t.client_fin()); },
       Outcome::kClosed, 1, true, true},
      {"closed, then reset",
       [](auto& b, auto& t) {
         b.frame(t.syn()), b.frame(t.syn_ack()), b.frame(t.client_fin()), b.frame(t.server_rst());
       },
       Outcome::kClosed, 1, true, true},
      {"only the server's answer", [](auto& b, auto& t) { t.syn(), b.frame(t.syn_ack()); },
       Outcome::kEstablished, 0, false, true},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    DissectorBench bench;
    Conversation talk;
    one.script(bench, talk);
    bench.finish();
    const auto attempts = bench.last_attempts();
    ASSERT_EQ(attempts.size(), 1U);
    EXPECT_EQ(attempts[0].outcome, one.outcome);
    EXPECT_EQ(attempts[0].syns, one.syns);
    EXPECT_EQ(attempts[0].client_seen, one.client_seen);
    EXPECT_EQ(attempts[0].server_seen, one.server_seen);
    EXPECT_EQ(attempts[0].flow, talk.tuple()) << "the client is the source";
    EXPECT_EQ(to_string(attempts[0].client_mac), test::kDeviceMac) << "also where only the server was seen";
    EXPECT_TRUE(attempts[0].final);
    EXPECT_FALSE(attempts[0].mid_stream);
  }
}

TEST(Dissector, IcmpErrors) {
  const struct {
    std::string_view name;
    uint8_t type;
    std::size_t quoted;
    bool answered_before;
    Outcome want;
  } cases[] = {
      {"unreachable", 3, 28, false, Outcome::kUnreachable},
      {"time exceeded", 11, 28, false, Outcome::kUnreachable},
      {"the whole packet quoted", 3, 200, false, Outcome::kUnreachable},
      {"ports not quoted", 3, 23, false, Outcome::kSynOnly},
      {"nothing quoted", 3, 0, false, Outcome::kSynOnly},
      {"redirect is no error", 5, 28, false, Outcome::kSynOnly},
      {"cannot undo a connection", 3, 28, true, Outcome::kEstablished},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    DissectorBench bench;
    Conversation talk;
    const Bytes syn = talk.syn();
    bench.frame(syn);
    if (one.answered_before) bench.frame(talk.syn_ack());
    bench.frame(icmp_about(syn, one.type, one.quoted));
    bench.finish();
    ASSERT_EQ(bench.last_attempts().size(), 1U);
    EXPECT_EQ(bench.last_attempts()[0].outcome, one.want);
  }
}

TEST(Dissector, IcmpErrorsAboutOtherFlowsChangeNothing) {
  DissectorBench bench;
  Conversation talk, other({.client_port = 40001});
  bench.frame(talk.syn());
  bench.frame(icmp_about(other.syn(), 3));
  bench.frame(icmp_about(talk.syn_ack(), 3));  // quotes a packet of the server
  bench.finish();
  ASSERT_EQ(bench.last_attempts().size(), 1U);
  EXPECT_EQ(bench.last_attempts()[0].outcome, Outcome::kSynOnly);
}

TEST(Dissector, JoinedInTheMiddle) {
  DissectorBench bench;
  Conversation talk;
  (void)(talk.syn() + talk.syn_ack() + talk.server("220 mx.example ESMTP\r\n"));
  deliver(bench, talk);
  bench.finish();
  const auto attempts = bench.last_attempts();
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_TRUE(attempts[0].mid_stream);
  EXPECT_TRUE(attempts[0].at_least);
  EXPECT_EQ(attempts[0].outcome, Outcome::kEstablished);
  EXPECT_EQ(attempts[0].syn_fingerprint, "");
  ASSERT_TRUE(attempts[0].smtp);
  EXPECT_EQ(attempts[0].smtp->messages_accepted, 1U);
}

TEST(Dissector, OneSideOnly) {
  for (const bool client : {true, false}) {
    SCOPED_TRACE(client ? "client" : "server");
    DissectorBench whole, bench;
    Conversation talk;
    greet(whole, talk);
    deliver(whole, talk);
    // The same frames, and only one side's of them.
    Conversation again;
    const auto feed = [&](bool from_client, const Bytes& frame) {
      if (from_client == client) bench.frame(frame);
    };
    feed(true, again.syn());
    feed(false, again.syn_ack());
    feed(true, again.client(""));
    feed(false, again.server("220 mx.example ESMTP\r\n"));
    feed(true,
         again.client(
             "EHLO fridge.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"));
    feed(false, again.server("250 2.0.0 mx\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n"));
    feed(true, again.client("x\r\n.\r\n"));
    feed(false, again.server("250 2.0.0 Ok: queued as 4Xyz12345\r\n"));
    bench.finish();
    const auto attempts = bench.last_attempts();
    ASSERT_EQ(attempts.size(), 1U);
    EXPECT_EQ(attempts[0].client_seen, client);
    EXPECT_EQ(attempts[0].server_seen, !client);
    EXPECT_EQ(attempts[0].outcome, Outcome::kEstablished);
    EXPECT_EQ(attempts[0].is_mail, IsMail::kYes);
    EXPECT_TRUE(attempts[0].at_least);
    ASSERT_TRUE(attempts[0].smtp);
    EXPECT_EQ(attempts[0].smtp->rcpt_commands, client ? 1U : 0U);
    EXPECT_EQ(attempts[0].smtp->queue_ids.size(), client ? 0U : 1U);
  }
}

// Classic BPF lets only the segments pass that begin with a verb or a reply: no handshake is seen.
TEST(Dissector, MailOnAnotherPort) {
  for (const bool server_first : {true, false}) {
    DissectorBench bench;
    Conversation talk({.server_port = 2526});
    (void)(talk.syn() + talk.syn_ack());
    const Bytes banner = talk.server("220 mx.example ESMTP\r\n");
    if (server_first) bench.frame(banner);
    deliver(bench, talk);
    bench.finish();
    const auto attempts = bench.last_attempts();
    ASSERT_EQ(attempts.size(), 1U) << server_first;
    EXPECT_EQ(attempts[0].flow, talk.tuple()) << "the words tell who is the client";
    EXPECT_EQ(attempts[0].is_mail, IsMail::kYes);
    EXPECT_FALSE(attempts[0].mid_stream) << "its beginning is what the filter passes";
    ASSERT_TRUE(attempts[0].smtp);
    EXPECT_EQ(attempts[0].smtp->messages_accepted, 1U);
  }
}

TEST(Dissector, OtherProtocolsOnOtherPortsAreNotPublished) {
  const struct {
    std::string_view name;
    uint16_t port;
    std::vector<std::string_view> client, server;
  } cases[] = {
      {"FTP",
       21,
       {"USER anonymous\r\n", "PASS x\r\n", "QUIT\r\n"},
       {"220 FTP ready\r\n", "331 password\r\n", "230 in\r\n"}},
      {"NNTP", 119, {"GROUP misc.test\r\n", "QUIT\r\n"}, {"200 news ready\r\n", "211 1 1 1 misc.test\r\n"}},
      {"something with numbers", 5000, {"STAT\r\n"}, {"299 1\r\n"}},
      {"HTTP", 8080, {"GET / HTTP/1.1\r\n\r\n"}, {"HTTP/1.1 200 OK\r\n\r\n"}},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    DissectorBench bench;
    Conversation talk({.server_port = one.port});
    bench.frame(talk.syn());
    bench.frame(talk.syn_ack());
    for (std::size_t i = 0; i < one.client.size(); ++i) {
      bench.frame(talk.server(one.server[std::min(i, one.server.size() - 1)]));
      bench.frame(talk.client(one.client[i]));
    }
    close(bench, talk);
    bench.tick(1h);
    bench.finish();
    EXPECT_EQ(bench.attempts().size(), 0U);
  }
}

TEST(Dissector, AnotherProtocolOnAMailPortIsTold) {
  DissectorBench bench;
  Conversation talk;
  bench.frame(talk.syn());
  bench.frame(talk.syn_ack());
  bench.frame(talk.client("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  bench.finish();
  ASSERT_EQ(bench.last_attempts().size(), 1U);
  EXPECT_EQ(bench.last_attempts()[0].is_mail, IsMail::kNo);
  EXPECT_FALSE(bench.last_attempts()[0].smtp);
}

TEST(Dissector, FiveTupleIsUsedAgain) {
  const struct {
    std::string_view name;
    std::function<void(DissectorBench&, Conversation&)> first_end;
    uint32_t second_isn;
    std::size_t attempts;
  } cases[] = {
      {"after FIN", [](auto& b, auto& t) { close(b, t); }, 5000, 2},
      {"after FIN with the same number", [](auto& b, auto& t) { close(b, t); }, 1000, 2},
      {"after RST", [](auto& b, auto& t) { b.frame(t.client_rst()); }, 5000, 2},
      {"the device lost its power and began anew", [](auto&, auto&) {}, 5000, 2},
      {"a retransmission of the SYN", [](auto&, auto&) {}, 1000, 1},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    DissectorBench bench;
    Conversation first, second({.client_isn = one.second_isn, .server_isn = 77});
    greet(bench, first);
    one.first_end(bench, first);
    bench.frame(second.syn());
    bench.finish();
    const auto attempts = bench.last_attempts();
    ASSERT_EQ(attempts.size(), one.attempts);
    for (const auto& attempt : attempts) EXPECT_TRUE(attempt.final);
    if (attempts.size() < 2) continue;
    EXPECT_EQ(attempts[0].smtp->greeting_code, 220);
    EXPECT_EQ(attempts[1].outcome, Outcome::kSynOnly);
    EXPECT_FALSE(attempts[1].smtp);
  }
}

// Whoever puts a SYN into a running connection, which the server ignores, splits its attempt and hides
// nothing.
TEST(Dissector, FalseSynDoesNotBlind) {
  for (const uint32_t false_isn : {0x80000000U, 0xf0000000U, 0x10000000U}) {
    DissectorBench bench;
    Conversation talk, liar({.client_isn = false_isn});
    greet(bench, talk);
    bench.frame(liar.syn());
    bench.frame(talk.server(""));  // a challenge (RFC 5961 section 4)
    deliver(bench, talk);
    bench.finish();
    const auto attempts = bench.last_attempts();
    ASSERT_EQ(attempts.size(), 2U);
    ASSERT_TRUE(attempts[1].smtp) << false_isn;
    EXPECT_EQ(attempts[1].smtp->messages_accepted, 1U);
    EXPECT_EQ(attempts[1].smtp->recipients, 2U);
    EXPECT_TRUE(attempts[1].at_least && attempts[1].mid_stream);
  }
}

TEST(Dissector, ResetsBeginNoFlow) {
  DissectorBench bench;
  Conversation talk;
  bench.frame(talk.server("gone", TcpHeader::kRst | TcpHeader::kAck));
  bench.frame(talk.client_rst());
  bench.finish();
  EXPECT_EQ(bench.attempts().size(), 0U);
  EXPECT_EQ(bench.counter("flows_opened"), 0U);
}

TEST(Dissector, SecondMacWithTheSameAddressIsNamed) {
  DissectorBench bench;
  Conversation talk, forger({.client_mac = "02:00:5e:00:00:66"});
  bench.frame(talk.syn());
  bench.frame(forger.syn());
  bench.frame(forger.syn());
  bench.finish();
  const auto attempt = bench.last_attempts().at(0);
  EXPECT_EQ(to_string(attempt.client_mac), test::kDeviceMac);
  ASSERT_EQ(attempt.other_client_macs.size(), 1U);
  EXPECT_EQ(to_string(attempt.other_client_macs[0]), "02:00:5e:00:00:66");
}

TEST(Dissector, OtherMacsToTheLimitAndOnePast) {
  DissectorBench bench;
  Conversation talk;
  bench.frame(talk.syn());
  for (std::size_t i = 0; i <= wire::kMaxMacs; ++i) {
    Bytes frame = Conversation().syn();
    frame[11] = static_cast<uint8_t>(0x80 + i);
    bench.frame(frame);
    bench.tick(1s);
    EXPECT_EQ(bench.last_attempts().at(0).other_client_macs.size(), std::min(i + 1, wire::kMaxMacs));
  }
}

TEST(Dissector, FragmentsOfASegmentAreRead) {
  DissectorBench bench;
  Conversation talk;
  greet(bench, talk);
  const Bytes whole = talk.client("EHLO " + std::string(60, 'x') + ".example\r\n");
  const Bytes segment(whole.begin() + 34, whole.end());
  for (const auto& piece : test::fragments(test::Ipv4Spec{}, segment, 48))
    bench.frame(test::frame(test::Link::kEthernet, piece));
  bench.finish();
  ASSERT_TRUE(bench.last_attempts().at(0).smtp);
  EXPECT_EQ(bench.last_attempts()[0].smtp->ehlo, std::string(60, 'x') + ".example");
  EXPECT_EQ(bench.counter("fragments"), 2U);
  EXPECT_EQ(bench.counter("datagrams_reassembled"), 1U);
}

TEST(Dissector, Ipv6) {
  DissectorBench bench;
  Conversation talk({.client = test::kDevice6, .server = test::kServer6});
  greet(bench, talk);
  deliver(bench, talk);
  bench.finish();
  const auto attempt = bench.last_attempts().at(0);
  EXPECT_EQ(attempt.flow, talk.tuple());
  EXPECT_EQ(attempt.smtp->messages_accepted, 1U);
}

}  // namespace
}  // namespace gatewitness::dissect
