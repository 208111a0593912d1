// SPDX-License-Identifier: Apache-2.0
//
// Conversations seen in part, content and how it ends, what is not mail, and what is never kept. Each is fed
// three ways, as in session_test.cc.
#include <gtest/gtest.h>

#include "tests/unit/smtp/talk.h"

namespace gatewitness::dissect::test {
namespace {

TEST(SmtpSession, OneSideOnly) {
  const Case cases[] = {
      {"client",
       {c("EHLO pc"), c("MAIL FROM:<a@b.example>"), c("RCPT TO:<c@d.example>"), c("DATA"), c("Subject: x"),
        c("QUIT"), c("."), c("MAIL FROM:<e@f.example>"), c("RCPT TO:<c@d.example>"), c("DATA"), c("."),
        c("QUIT")},
       {{"mail", "2"},
        {"rcpt", "2"},
        {"data", "2"},
        {"senders", "2"},
        {"recipients", "1"},
        {"accepted", "0"},
        {"is_mail", "yes"},
        {"at_least", "yes"},
        {"replies", "0 0 0 0"},
        {"dialect", ""}}},
      {"server",
       {s("220 mx ESMTP"), s("250-mx"), s("250 PIPELINING"), s("334 x"), s("235 ok"), s("250 ok"),
        s("550 5.1.1 no"), s("250 ok"), s("354 go"), s("250 ok queued as AB12"), s("221 bye")},
       {{"greeting", "220"},
        {"pipelining", "offered"},
        {"auth", "1 0 1"},
        {"data", "1"},
        {"accepted", "1"},
        {"ids", "AB12"},
        {"replies", "7 2 0 1"},
        {"is_mail", "yes"},
        {"at_least", "yes"},
        {"refusals", "unknown-user/550/*1"}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, GapsAndMidStream) {
  const Case cases[] = {
      {"gap in content, the server tells the end",
       kHello + kEnvelope + Talk{c("DATA"), s("354 go"), c("x"), c_gap(5000), s("250 ok queued as Q1")} +
           kEnvelope + kQuit,
       {{"accepted", "1"}, {"mail", "2"}, {"rcpt_ok", "2"}, {"at_least", "yes"}}},
      {"gap in content, the end is seen",
       kHello + kEnvelope + Talk{c("DATA"), s("354 go"), c_gap(99), c("tail"), c("."), s("250 ok")} + kQuit,
       {{"accepted", "1"}, {"at_least", "yes"}, {"dialect", ""}}},
      {"gap in content, client alone: a plausible command ends it",
       {c("EHLO pc"), c("MAIL FROM:<a@b.example>"), c("RCPT TO:<c@d.example>"), c("DATA"), c("x"), c_gap(100),
        c("tail of a line"), c("MAIL FROM:<e@f.example>"), c("QUIT")},
       {{"mail", "2"}, {"senders", "2"}, {"data", "1"}, {"at_least", "yes"}}},
      {"gap that hides DATA",
       kHello + kEnvelope +
           Talk{c_gap(6), s("354 go"), c("MAIL FROM:<no@command.example>"), c("."), s("250 ok")} + kQuit,
       {{"data", "1"}, {"mail", "1"}, {"accepted", "1"}}},
      {"gap between commands",
       kHello + Talk{c_gap(30), s("250 ok"), c("RCPT TO:<c@d.example>"), s("550 5.1.1 no")} + kQuit,
       {{"rcpt_no", "1"}, {"at_least", "yes"}, {"dialect", ""}}},
      {"gap in the middle of a command",
       kHello + Talk{c_raw("MAIL FR"), c_gap(4), c_raw("e@b.example>\r\n"), s("250 ok"),
                     c("RCPT TO:<c@d.example>"), s("250 ok")},
       {{"mail", "0"}, {"rcpt_ok", "1"}}},
      {"gap among the replies",
       kHello + Talk{c("MAIL FROM:<a@b.example>"), s_gap(8), c("RCPT TO:<c@d.example>"), s("550 5.1.1 no"),
                     c("DATA"), s("503 no")},
       {{"rcpt_no", "1"}, {"refused", "1"}, {"at_least", "yes"}}},
      {"joined inside content",
       {c_raw("ata shows that\r\nData shows that\r\n"), c("Mail me"), c("."), s("250 2.0.0 ok queued as ZZ9"),
        c("MAIL FROM:<a@b.example>"), s("250 ok")},
       {{"accepted", "1"},
        {"ids", "ZZ9"},
        {"mail", "1"},
        {"data", "0"},
        {"is_mail", "yes"},
        {"at_least", "yes"},
        {"dialect", ""}}},
      {"joined between commands",
       {c("RCPT TO:<c@d.example>"), s("250 ok"), c("DATA"), s("354 go"), c("."), s("250 ok")},
       {{"rcpt_ok", "1"}, {"accepted", "1"}, {"greeting", "0"}, {"at_least", "yes"}, {"dialect", ""}}},
      {"refused before the end of content",
       kHello + kEnvelope +
           Talk{c("DATA"), s("354 go"), c("x"), s("552 5.3.4 too big"), c("y"), c("."), c("QUIT"),
                s("221 x")},
       {{"refused", "1"}, {"accepted", "0"}, {"dialect", ""}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, ContentEnds) {
  const auto with = [](std::string_view content) {
    return kHello + kEnvelope +
           Talk{c("DATA"),  s("354 go"), c_raw(content), s("250 ok"), c("MAIL FROM:<a@b.example>"),
                s("250 ok")};
  };
  const Case cases[] = {
      {"empty", with(".\r\n"), {{"accepted", "1"}, {"mail", "2"}, {"at_least", "no"}}},
      {"dots everywhere",
       with("..\r\n...\r\n. \r\n.x\r\na.\r\n.\r\r\n\r.\r\n\r\n.\r\n"),
       {{"accepted", "1"}, {"mail", "2"}}},
      {"two dots then the end", with("x\r\n..\r\n.\r\n"), {{"accepted", "1"}}},
      {"bare LF end: the server's answer shows it",
       with("x\n.\n"),
       {{"accepted", "1"}, {"mail", "2"}, {"at_least", "no"}}},
      {"half a bare LF end", with("x\r\n.\n"), {{"accepted", "1"}, {"mail", "2"}}},
      {"smuggled commands do not count without CRLF",
       kHello + kEnvelope +
           Talk{c("DATA"), s("354 go"), c_raw("x\n.\nMAIL FROM:<no@x.example>\r\n\r\n.\r\n"), s("250 ok")} +
           kQuit,
       {{"accepted", "1"}, {"mail", "1"}, {"domains", "example.com"}, {"at_least", "no"}}},
      {"a client of bare LF",
       {s("220 x SMTP"), c_raw("HELO a\n"), s("250 x"), c_raw("MAIL FROM:<a@b.example>\n"), s("250 ok"),
        c_raw("RCPT TO:<c@d.example>\n"), s("250 ok"), c_raw("DATA\n"), s("354 go"), c_raw("hi\n.\nQUIT\n"),
        s("250 ok"), s("221 x")},
       {{"accepted", "1"}, {"dialect", "bare-lf,pipelines,helo"}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, OtherProtocols) {
  const Case cases[] = {
      {"FTP",
       {s("220 (vsFTPd 3.0.3)"), c("USER ann"), s("331 Please specify the password."), c("PASS x")},
       {{"is_mail", "no"}, {"dialogue", "no"}, {"opaque", "yes"}}},
      {"FTP, server alone", {s("220 ready"), s("331 password"), s("230 in")}, {{"is_mail", "no"}}},
      {"FTP over TLS", {s("220 ready"), c("AUTH TLS")}, {{"is_mail", "no"}}},
      {"NNTP", {s("200 news.example posting allowed"), c("MODE READER")}, {{"is_mail", "no"}}},
      {"POP3", {s("+OK ready"), c("USER ann")}, {{"is_mail", "no"}}},
      {"IMAP", {s("* OK ready"), c("a1 LOGIN ann x")}, {{"is_mail", "no"}}},
      {"IMAP, client alone", {c("a1 LOGIN ann x")}, {{"is_mail", "no"}}},
      {"HTTP", {c("GET / HTTP/1.1"), c("Host: x"), s("HTTP/1.1 200 OK")}, {{"is_mail", "no"}}},
      {"HTTP at a mail server",
       {s("220 mx ESMTP"), c("GET / HTTP/1.1"), s("500 what")},
       {{"is_mail", "yes"}, {"mail", "0"}}},
      {"SSH", {s("SSH-2.0-OpenSSH_9.2")}, {{"is_mail", "no"}}},
      {"noise", {c("asdf"), s("qwer"), s("yxcv")}, {{"is_mail", "no"}}},
      {"binary", {c_raw(std::string("\0\1\2", 3))}, {{"is_mail", "no"}}},
      {"a greeting alone may be anybody's", {s("220 ready")}, {{"is_mail", "unknown"}, {"greeting", "220"}}},
      {"nothing", {}, {{"is_mail", "unknown"}, {"dialogue", "no"}, {"at_least", "no"}}},
      {"only base64", {c("QUJDREVGR0g="), c("QUJDREVGR0g=")}, {{"is_mail", "unknown"}, {"dialogue", "no"}}},
  };
  for (const auto& one : cases) check(one);
}

// Whatever a session keeps, it does not keep these words.
TEST(SmtpSession, NothingPrivateIsKept) {
  const auto session = run(kHello + Talk{c("AUTH SECRETMECH hunter2"),
                                         s("504 hunter2"),
                                         c("AUTH PLAIN AGFubgBodW50ZXIy"),
                                         s("535 ann hunter2"),
                                         c("AUTH LOGIN"),
                                         s("334 hunter2"),
                                         c("aHVudGVyMg=="),
                                         s("334 x"),
                                         c("aHVudGVyMg=="),
                                         s("235 hunter2"),
                                         c("hunter2"),
                                         s("500 hunter2 unknown"),
                                         c("NOOP hunter2"),
                                         s("250 hunter2"),
                                         c("MAIL FROM:<hunter2@b.example> AUTH=hunter2"),
                                         s("250 <hunter2@b.example> ok"),
                                         c("RCPT TO:<hunter2@d.example>"),
                                         s("550 blacklisted by hunter2@d.example"),
                                         c("RCPT TO:hunter2 x@y"),
                                         s("250 ok"),
                                         c("VRFY hunter2"),
                                         s("550 hunter2"),
                                         c("DATA"),
                                         s("354 hunter2"),
                                         c("Subject: hunter2"),
                                         c(""),
                                         c("hunter2"),
                                         c("."),
                                         s("250 queued as hunter2@d.example"),
                                         c("QUIT"),
                                         s("221 hunter2")});
  for (const auto& [key, value] : facts_of(session)) {
    EXPECT_EQ(value.find("hunter2"), std::string::npos) << key << "=" << value;
    EXPECT_EQ(value.find("aHVudGVy"), std::string::npos) << key << "=" << value;
  }
}

TEST(SmtpSession, ChangesMoveTheCounter) {
  SmtpSession session(kKey, false);
  uint64_t last = session.change_counter();
  const auto say = [&](const Turn& turn) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(turn.bytes.data());
    turn.kind == Turn::Kind::kClient ? session.client_bytes({bytes, turn.bytes.size()})
                                     : session.server_bytes({bytes, turn.bytes.size()});
    const bool moved = session.change_counter() != last;
    last = session.change_counter();
    return moved;
  };
  EXPECT_TRUE(say(s("220 mx ESMTP")));
  EXPECT_TRUE(say(c("EHLO pc")));
  EXPECT_TRUE(say(s("250 mx")));
  EXPECT_TRUE(say(c("MAIL FROM:<a@b.example>")));
  EXPECT_FALSE(say(s("250 ok")));
  EXPECT_FALSE(say(c("RCPT TO:<c@d.example>")));
  EXPECT_TRUE(say(s("550 no")));
  EXPECT_FALSE(say(c("NOOP")));
}

}  // namespace
}  // namespace gatewitness::dissect::test
