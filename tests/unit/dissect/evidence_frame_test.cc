// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/evidence_frame.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/dissect/dissector_bench.h"

namespace gatewitness::dissect {
namespace {

using test::Conversation;

TEST(EvidenceFrame, OfAPayloadOnlyWhatProvesTheDialogue) {
  EXPECT_EQ(proof_length("220 mx.example ESMTP\r\n", false), 4U);
  EXPECT_EQ(proof_length("250-mx\r\n250 OK\r\n", false), 4U);
  EXPECT_EQ(proof_length("2500 mails\r\n", false), 0U);
  EXPECT_EQ(proof_length("999 x", false), 0U);
  EXPECT_EQ(proof_length("MAIL FROM:<a@b>\r\n", true), 4U);
  EXPECT_EQ(proof_length("quit\r\n", true), 4U);
  EXPECT_EQ(proof_length("STARTTLS\r\n", true), 4U);
  EXPECT_EQ(proof_length("STAR of the show", true), 4U) << "four letters that everybody knows";
  EXPECT_EQ(proof_length("MAILBOX full of secrets", true), 0U);
  EXPECT_EQ(proof_length("Subject: x\r\n", true), 0U);
  EXPECT_EQ(proof_length("QUI", true), 0U);
}

TEST(EvidenceFrame, ContentBeginsAfterItsCommandWhereverThatStands) {
  EXPECT_TRUE(opens_content("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"));
  EXPECT_TRUE(opens_content("auth plain AGEAYg==\r\n"));
  EXPECT_FALSE(opens_content("RCPT TO:<DATA@d>\r\n"));
  EXPECT_FALSE(opens_content(""));
}

struct Session {
  explicit Session(uint8_t most, uint32_t per_second = 200) : bench({}, most, per_second) {}
  void client(std::string_view words) { bench.frame(talk.client(words)); }
  void server(std::string_view words) { bench.frame(talk.server(words)); }
  void whole_mail() {
    bench.frame(talk.syn());
    bench.frame(talk.syn_ack());
    server("220 mx ESMTP\r\n");
    client("EHLO fridge\r\n");
    server("250 mx\r\n");
    client("AUTH PLAIN\r\n");
    server("334 \r\n");
    client("QUIT U0VDUkVUAFBBU1NXT1JE\r\n");
    server("235 ok\r\n");
    client("MAIL FROM:<SECRET-LOCAL@x>\r\n");
    server("250 ok\r\n");
    client("DATA\r\n");
    server("354 go\r\n");
    client("MAIL SECRET-BODY\r\n.\r\n");
    server("250 queued\r\n");
  }
  std::vector<wire::Frame> kept() const { return bench.all<wire::Frame>(); }

  DissectorBench bench;
  Conversation talk;
};

TEST(EvidenceFrame, ASessionIsProvenAndNothingOfItIsTold) {
  Session session(24);
  session.whole_mail();
  const auto frames = session.kept();
  ASSERT_EQ(session.bench.counter("evidence_frames"), frames.size());
  std::string words;
  for (const auto& frame : frames) {
    EXPECT_EQ(frame.attempt, 1U);
    EXPECT_EQ(frame.link, 1U);
    EXPECT_LE(frame.bytes.size(), frame.length);
    for (const char* secret : {"SECRET", "U0VD", "fridge", "queued", "x>"})
      EXPECT_EQ(frame.bytes.find(secret), std::string::npos) << secret;
    const bool syn = (static_cast<uint8_t>(frame.bytes[47]) & TcpHeader::kSyn) != 0;
    if (frame.bytes.size() > 54 && !syn) words += frame.bytes.substr(frame.bytes.size() - 4) + "|";
  }
  // After AUTH none of the client's words is kept: what follows may be a password that looks like a verb.
  EXPECT_EQ(words, "220 |EHLO|250 |AUTH|334 |235 |250 |354 |250 |");
  EXPECT_TRUE(frames.front().from_client);
  EXPECT_FALSE(frames[1].from_client);
}

TEST(EvidenceFrame, NoneUnlessAskedForAndNeverMoreThanThat) {
  Session none(0), few(3), slow(24, 2);
  for (Session* session : {&none, &few, &slow}) session->whole_mail();
  EXPECT_TRUE(none.kept().empty());
  EXPECT_EQ(few.kept().size(), 3U);
  EXPECT_EQ(slow.kept().size(), 2U) << "all within one second";
  EXPECT_GT(slow.bench.counter("evidence_frames_skipped"), 5U);
}

TEST(EvidenceFrame, AnAcknowledgementProvesNothing) {
  Session session(24);
  session.bench.frame(session.talk.syn());
  session.bench.frame(session.talk.client(""));
  EXPECT_EQ(session.kept().size(), 1U);
}

TEST(EvidenceFrame, ADatagramOutOfFragmentsIsNoFrame) {
  const auto segment = test::tcp({}, "MAIL FROM:<a@b> and much more so that there are two parts of it\r\n");
  Session session(24);
  session.bench.frame(session.talk.syn());
  const std::size_t before = session.kept().size();
  for (const auto& part : test::fragments(test::Ipv4Spec{}, segment, 48))
    session.bench.frame(test::frame(test::Link::kEthernet, part));
  EXPECT_EQ(session.kept().size(), before);
}

}  // namespace
}  // namespace gatewitness::dissect
