// SPDX-License-Identifier: Apache-2.0
//
// Whole conversations and what the session makes of them. Each is fed three ways (turn by turn, byte by byte,
// seven bytes at a time): how the stream was cut must not show.
#include <gtest/gtest.h>

#include "tests/unit/smtp/talk.h"

namespace gatewitness::dissect::test {
namespace {

TEST(SmtpSession, OrdinaryDialogues) {
  const Case cases[] = {
      {"one message",
       kHello + kEnvelope + kContent + Talk{s("250 2.0.0 Ok: queued as 4AbC1")} + kQuit,
       {{"greeting", "220"},
        {"banner", "mx.example.org ESMTP"},
        {"ehlo", "laptop.example"},
        {"names", "1"},
        {"domains", "example.com"},
        {"senders", "1"},
        {"recipients", "1"},
        {"mail", "1"},
        {"rcpt", "1"},
        {"rcpt_ok", "1"},
        {"data", "1"},
        {"accepted", "1"},
        {"refused", "0"},
        {"replies", "6 1 0 0"},
        {"ids", "4AbC1"},
        {"tls", "none"},
        {"pipelining", "offered"},
        {"dialect", ""},
        {"is_mail", "yes"},
        {"at_least", "no"},
        {"dialogue", "yes"}}},
      {"two messages, RSET between, other senders",
       kHello + kEnvelope + kContent + Talk{s("250 ok")} + Talk{c("RSET"), s("250 ok")} +
           Talk{c("mail from:<ANN@example.com> SIZE=10 BODY=8BITMIME"), s("250 ok"),
                c("rcpt to:<Bob@Example.org>"), s("250 ok"), c("RCPT TO:<eve@example.org> NOTIFY=NEVER"),
                s("550 5.1.1 no such user")} +
           kContent + Talk{s("554 5.7.1 Spam message rejected")} + kQuit,
       {{"senders", "1"},
        {"recipients", "2"},
        {"mail", "2"},
        {"rcpt", "3"},
        {"rcpt_ok", "2"},
        {"rcpt_no", "1"},
        {"data", "2"},
        {"accepted", "1"},
        {"refused", "1"},
        {"refusals", "unknown-user/550/*1,spam/554/*1"}}},
      {"null sender, source route, no brackets, quoted local part, no domain, IPv6 literal",
       kHello +
           Talk{c("MAIL FROM:<>"),
                s("250 ok"),
                c("RCPT TO:<@a.example,@b.example:x@c.example>"),
                s("250 ok"),
                c("RSET"),
                s("250 ok"),
                c("MAIL FROM: y@D.example SIZE=1"),
                s("250 ok"),
                c("RSET"),
                s("250 ok"),
                c("MAIL FROM:<\"a>@b\"@e.example>"),
                s("250 ok"),
                c("RSET"),
                s("250 ok"),
                c("MAIL FROM:<root>"),
                s("250 ok"),
                c("RSET"),
                s("250 ok"),
                c("MAIL FROM:<z@[IPv6:2001:db8::1]>"),
                s("250 ok")} +
           kQuit,
       {{"domains", ",d.example,e.example,[ipv6:2001:db8::1]"},
        {"senders", "5"},
        {"recipients", "1"},
        {"mail", "5"}}},
      {"SMTPUTF8 address",
       kHello + Talk{c("MAIL FROM:<\xC3\xA4@\xC3\xB6.example> SMTPUTF8"), s("250 ok")},
       {{"domains", "\xC3\xB6.example"}, {"senders", "1"}}},
      {"HELO, then the rest",
       {s("220 x SMTP"), c("HELO fridge"), s("250 x"), c("MAIL FROM:<a@b.example>"), s("250 ok")},
       {{"dialect", "helo,no-quit"}, {"ehlo", "fridge"}, {"pipelining", ""}}},
      {"HELO after a refused EHLO is no trait",
       {s("220 x SMTP"), c("EHLO pc"), s("502 what"), c("HELO pc"), s("250 x"), c("QUIT"), s("221 x")},
       {{"dialect", ""}, {"names", "1"}, {"refusals", "other/502/*1"}}},
      {"rotating and literal EHLO",
       kHello + Talk{c("EHLO [192.0.2.1]"), s("250 ok"), c("EHLO pc"), s("250 ok")},
       {{"names", "3"}, {"dialect", "rotating,literal"}, {"ehlo", "pc"}}},
      {"commands without a transaction",
       kHello +
           Talk{c("NOOP"), s("250 ok"), c("VRFY bob"), s("252 maybe"), c("EXPN all"), s("550 no"), c("HELP"),
                s("214-see"), s("214 rfc"), c("ETRN x.example"), s("250 ok"), c("XFORWARD NAME=x"),
                s("250 ok")} +
           kQuit,
       {{"replies", "8 0 0 1"}, {"mail", "0"}, {"dialect", ""}}},
      {"XCLIENT greets anew",
       kHello + Talk{c("XCLIENT NAME=x ADDR=192.0.2.9"), s("220 mx again"), c("EHLO pc"), s("250 mx")} +
           kQuit,
       {{"greeting", "220"}, {"banner", "mx.example.org ESMTP"}, {"names", "2"}}},
      {"refused at the door",
       {s("554 5.7.1 blocked using zen.spamhaus.org; see https://www.spamhaus.org/query/ip/192.0.2.1")},
       {{"greeting", "554"},
        {"is_mail", "yes"},
        {"refusals", "block-list/554/zen.spamhaus.org*1"},
        {"replies", "0 0 0 1"}}},
      {"554 greeting, then a polite client",
       {s("554 mx no service"), c("QUIT"), s("221 bye")},
       {{"greeting", "554"}, {"is_mail", "yes"}, {"at_least", "no"}}},
      {"421 in the middle",
       kHello + Talk{c("MAIL FROM:<a@b.example>"), s("421 4.7.0 too many connections, try later")},
       {{"replies", "2 0 1 0"}, {"refusals", "rate/421/*1"}, {"dialect", ""}}},
      {"421 after content is the message's result",
       kHello + kEnvelope + kContent + Talk{s("421 4.3.2 shutting down")},
       {{"accepted", "0"}, {"refused", "1"}}},
      {"LMTP: a reply for each accepted recipient",
       {s("220 x LMTP"),
        c("LHLO pc"),
        s("250-x"),
        s("250 PIPELINING"),
        c("MAIL FROM:<a@b.example>"),
        c("RCPT TO:<c@d.example>"),
        c("RCPT TO:<e@d.example>"),
        c("RCPT TO:<f@d.example>"),
        c("DATA"),
        s("250 ok"),
        s("250 ok"),
        s("550 5.1.1 unknown"),
        s("250 ok"),
        s("354 go"),
        c("x"),
        c("."),
        s("452 4.2.2 full"),
        s("250 2.0.0 <f@d.example> Saved id=77aa"),
        c("QUIT"),
        s("221 bye")},
       {{"rcpt_ok", "2"},
        {"rcpt_no", "1"},
        {"accepted", "1"},
        {"refused", "0"},
        {"replies", "7 1 1 1"},
        {"dialect", ""}}},
      {"no QUIT", kHello + kEnvelope + kContent + Talk{s("250 ok")}, {{"dialect", "no-quit"}}},
      {"multi-line replies, codes alone, a line without code",
       {s("220-one"), s("220-two ESMTP"), s("220 three"), c("EHLO pc"), s("250-x"), s("STARTTLS is not here"),
        s("250"), c("QUIT"), s("221")},
       {{"banner", "one"}, {"replies", "3 0 0 0"}, {"is_mail", "yes"}}},
      {"ten domains, the first eight are listed",
       [] {
         Talk talk = kHello;
         for (char l = 'a'; l <= 'j'; ++l) {
           talk = talk + Talk{c(std::string("MAIL FROM:<x@") + l + ".example>"), s("250 ok"), c("RSET"),
                              s("250 ok")};
         }
         return talk;
       }(),
       {{"domains", "a.example,b.example,c.example,d.example,e.example,f.example,g.example,h.example"},
        {"senders", "10"},
        {"at_least", "no"}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, RepliesThatNoCommandCanHaveAnswerNone) {
  const auto got =
      facts_of(run(kHello + Talk{c("MAIL FROM:<a@b.example>"), s("150 what"), s("354 what"), s("221 what"),
                                 s("250 ok"), c("RCPT TO:<c@d.example>"), s("125 what"), s("250 ok")}));
  EXPECT_EQ(got.at("rcpt_ok"), "1");
  EXPECT_EQ(got.at("rcpt_no"), "0");
}

TEST(SmtpSession, Pipelining) {
  const Talk group = {c("MAIL FROM:<a@b.example>"),
                      c("RCPT TO:<c@d.example>"),
                      c("RCPT TO:<e@d.example>"),
                      c("DATA"),
                      s("250 ok"),
                      s("550 5.1.1 no such user"),
                      s("250 ok"),
                      s("354 go")};
  const Case cases[] = {
      {"replies find their commands",
       kHello + group + Talk{c("x"), c("."), s("250 ok id=1a2b-3c"), c("QUIT"), s("221 x")},
       {{"rcpt_ok", "1"}, {"rcpt_no", "1"}, {"accepted", "1"}, {"ids", "1a2b-3c"}, {"dialect", ""}}},
      {"content, QUIT in one go",
       kHello + group + Talk{c_raw("x\r\n.\r\nQUIT\r\n"), s("250 ok"), s("221 x")},
       {{"accepted", "1"}, {"dialect", ""}}},
      {"DATA refused: what follows are commands",
       kHello + Talk{c("MAIL FROM:<a@b.example>"), c("RCPT TO:<c@d.example>"), c("DATA"), s("250 ok"),
                     s("550 no"), s("503 no recipients"), c("RSET"), s("250 ok"),
                     c("MAIL FROM:<a@b.example>"), s("250 ok")},
       {{"refused", "1"}, {"mail", "2"}, {"rcpt_no", "1"}}},
      {"without the server's offer",
       {s("220 x SMTP"), c("HELO pc"), s("250 x"), c("MAIL FROM:<a@b.example>"), c("RCPT TO:<c@d.example>"),
        s("250 ok"), s("250 ok"), c("QUIT"), s("221 x")},
       {{"dialect", "pipelines,helo"}}},
      {"before the banner",
       {c("EHLO bot"), s("220 x ESMTP"), s("250-x"), s("250 PIPELINING"), c("QUIT"), s("221 x")},
       {{"dialect", "early"}, {"greeting", "220"}, {"pipelining", "offered"}, {"at_least", "no"}}},
      {"early talker, refused greeting",
       {c("EHLO bot"), s("554 5.5.0 too early")},
       {{"greeting", "554"}, {"dialect", "early"}}},
      {"out of order",
       {s("220 x SMTP"), c("MAIL FROM:<a@b.example>"), s("503 hello first"), c("QUIT"), s("221 x")},
       {{"dialect", "order"}, {"refusals", "other/503/*1"}}},
      {"content sent without waiting for 354",
       kHello + kEnvelope +
           Talk{c_raw("DATA\r\nSubject: x\r\n\r\nQUIT\r\n.\r\nQUIT\r\n"), s("354 go"), s("250 ok"),
                s("221 x")},
       {{"data", "1"}, {"accepted", "1"}, {"mail", "1"}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, ThousandsOfPipelinedRecipientsAreCountedExactly) {
  Talk talk = kHello + Talk{c("MAIL FROM:<a@b.example>")};
  for (int i = 0; i < 5000; ++i) talk.push_back(c("RCPT TO:<same@d.example>"));
  talk.push_back(s("250 ok"));
  for (int i = 0; i < 5000; ++i) talk.push_back(s(i % 5 == 0 ? "550 5.1.1 no" : "250 ok"));
  const auto got = facts_of(run(talk));
  EXPECT_EQ(got.at("rcpt"), "5000");
  EXPECT_EQ(got.at("rcpt_ok"), "4000");
  EXPECT_EQ(got.at("rcpt_no"), "1000");
  EXPECT_EQ(got.at("recipients"), "1");
  EXPECT_EQ(got.at("at_least"), "no");
}

TEST(SmtpSession, Chunking) {
  const Case cases[] = {
      {"chunks whose bytes look like commands",
       kHello + kEnvelope +
           Talk{c_raw("BDAT 6\r\nQUIT\r\n"), s("250 ok"), c_raw("BDAT 3 LAST\r\n.\r\n"),
                s("250 OK id=9z-8")} +
           kQuit,
       {{"bdat", "2"}, {"data", "0"}, {"accepted", "1"}, {"ids", "9z-8"}, {"dialect", ""}}},
      {"LAST of size zero",
       kHello + kEnvelope + Talk{c_raw("BDAT 2\r\nxx"), s("250 ok"), c("BDAT 0 LAST"), s("250 ok")} + kQuit,
       {{"bdat", "2"}, {"accepted", "1"}}},
      {"pipelined with the envelope",
       kHello +
           Talk{c_raw("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 4 LAST\r\nab\r\nMAIL "
                      "FROM:<a@b.example>\r\n"),
                s("250 ok"), s("250 ok"), s("250 4 octets"), s("250 ok")} +
           kQuit,
       {{"mail", "2"}, {"accepted", "1"}, {"rcpt_ok", "1"}}},
      {"a refused chunk refuses the message once",
       kHello + kEnvelope +
           Talk{c_raw("BDAT 2\r\nxx"), s("552 5.3.4 too big"), c_raw("BDAT 2 LAST\r\nyy"), s("503 no")} +
           kQuit,
       {{"refused", "1"}, {"accepted", "0"}, {"bdat", "2"}}},
      {"no size",
       kHello + kEnvelope +
           Talk{c("BDAT"), s("501 size?"), c("BDAT 12 NEXT"), s("501 what"), c("BDAT -1"), s("501 what")} +
           kQuit,
       {{"bdat", "3"}, {"refused", "1"}, {"dialect", ""}}},
      {"a gap inside a chunk loses nothing",
       kHello + kEnvelope + Talk{c_raw("BDAT 1000 LAST\r\nx"), c_gap(998), c_raw("y"), s("250 ok")} + kQuit,
       {{"accepted", "1"}, {"at_least", "no"}}},
      {"a gap beyond a chunk does",
       kHello + kEnvelope + Talk{c_raw("BDAT 10 LAST\r\nx"), c_gap(30), s("250 ok"), c("QUIT"), s("221 x")},
       {{"accepted", "1"}, {"at_least", "yes"}}},
      {"a size that no number holds",
       kHello + kEnvelope + Talk{c("BDAT 99999999999999999999 LAST"), s("501 no"), c("QUIT"), s("221 x")},
       {{"bdat", "1"}, {"dialect", ""}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, Authentication) {
  const Talk said = {s("235 2.7.0 ok")};
  const Case cases[] = {
      {"PLAIN at once",
       kHello + Talk{c("AUTH PLAIN AGFubgBzZWNyZXQ="), s("235 ok")} + kQuit,
       {{"auth", "1 0 1"}, {"mechanism", "PLAIN"}, {"login", "seen"}, {"dialect", ""}}},
      {"PLAIN after 334",
       kHello + Talk{c("AUTH PLAIN"), s("334 "), c("AGFubgBzZWNyZXQ="), s("535 5.7.8 bad")} + kQuit,
       {{"auth", "1 1 0"}, {"login", "seen"}, {"refusals", "auth/535/*1"}}},
      {"LOGIN",
       kHello +
           Talk{c("AUTH LOGIN"), s("334 VXNlcm5hbWU6"), c("YW5u"), s("334 UGFzc3dvcmQ6"), c("UVVJVA=="),
                s("235 ok")} +
           kQuit,
       {{"auth", "1 0 1"}, {"mechanism", "LOGIN"}, {"login", "seen"}}},
      {"LOGIN with the name at once; a password that reads QUIT",
       kHello + Talk{c("auth login YW5u"), s("334 UGFzc3dvcmQ6"), c("QUIT"), s("535 no"),
                     c("MAIL FROM:<a@b.example>"), s("530 5.7.0 Authentication required")},
       {{"auth", "1 1 0"}, {"login", "seen"}, {"dialect", "no-quit"}, {"refusals", "auth/535/*2"}}},
      {"CRAM-MD5",
       kHello + Talk{c("AUTH CRAM-MD5"), s("334 PDE+"), c("YW5uIDAxMjM="), s("235 ok")} + kQuit,
       {{"auth", "1 0 1"}, {"mechanism", "CRAM-MD5"}, {"login", "seen"}}},
      {"XOAUTH2",
       kHello + Talk{c("AUTH XOAUTH2 dXNlcj1hbm5AZXhhbXBsZS5jb20BYXV0aD1CZWFyZXIgeAEB"), s("235 ok")} + kQuit,
       {{"mechanism", "XOAUTH2"}, {"login", "seen"}}},
      {"cancelled",
       kHello + Talk{c("AUTH LOGIN"), s("334 VXNlcm5hbWU6"), c("*"), s("501 5.7.0 Authentication aborted")} +
           kQuit,
       {{"auth", "1 0 0"}, {"login", "unseen"}}},
      {"lines sent without waiting",
       kHello +
           Talk{c("AUTH LOGIN"), c("YW5u"), c("c2VjcmV0"), s("334 x"), s("334 y"), s("235 ok"),
                c("MAIL FROM:<a@b.example>"), s("250 ok")} +
           kQuit,
       {{"auth", "1 0 1"}, {"login", "seen"}, {"mail", "1"}}},
      {"a guesser",
       kHello + Talk{c("AUTH PLAIN AGEAYQ=="), s("535 no"), c("AUTH PLAIN AGIAYg=="), s("535 no"),
                     c("AUTH PLAIN AGMAYw=="), s("535 no")},
       {{"auth", "3 3 0"}, {"refusals", "auth/535/*3"}}},
      {"a credential in the mechanism's place is not kept",
       kHello + Talk{c("AUTH aHVudGVyMg=="), s("504 5.5.4 what")} + kQuit,
       {{"mechanism", "other"}, {"auth", "1 0 0"}, {"login", "unseen"}}},
      {"client alone",
       {c("EHLO pc"), c("AUTH LOGIN"), c("YW5u"), c("c2VjcmV0"), c("MAIL FROM:<a@b.example>"), c("QUIT")},
       {{"auth", "1 0 0"}, {"login", "seen"}, {"mail", "1"}, {"at_least", "yes"}}},
  };
  for (const auto& one : cases) check(one);
}

TEST(SmtpSession, LoginNamesHashAlikeWhateverTheMechanism) {
  const char* const talks[] = {"AUTH PLAIN AGFubgBzZWNyZXQ=", "AUTH LOGIN QU5O", "AUTH PLAIN eABBbm4AeA=="};
  for (const auto* line : talks) {
    const auto session = run(kHello + Talk{c(line)});
    EXPECT_EQ(session.dialogue().auth_identity_hash,
              run(kHello + Talk{c("AUTH LOGIN"), s("334 x"), c("YW5u")}).dialogue().auth_identity_hash);
  }
}

// A ClientHello with one extension, server_name "mx.example.org", in one record.
std::string client_hello() {
  const std::string name = "mx.example.org";
  const auto u16 = [](std::size_t n) {
    return std::string{static_cast<char>(n >> 8), static_cast<char>(n & 0xFF)};
  };
  const std::string entry = std::string(1, '\0') + u16(name.size()) + name;
  const std::string list = u16(entry.size()) + entry;
  const std::string extensions = u16(0) + u16(list.size()) + list;
  const std::string body = "\x03\x03" + std::string(32, 'r') + std::string(1, '\0') + u16(2) + "\x13\x01" +
                           std::string("\x01\0", 2) + u16(extensions.size()) + extensions;
  const std::string message = std::string("\x01\0", 2) + u16(body.size()) + body;
  return "\x16\x03\x01" + u16(message.size()) + message;
}
const std::string kServerHello = std::string("\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9);

TEST(SmtpSession, Tls) {
  const Talk offer = {s("220 mx ESMTP"), c("EHLO pc"), s("250-mx"), s("250 STARTTLS")};
  const Case cases[] = {
      {"STARTTLS",
       offer + Talk{c("STARTTLS"), s("220 go"), c_raw(client_hello()), s_raw(kServerHello)},
       {{"tls", "started"},
        {"sni", "mx.example.org"},
        {"starttls", "offered"},
        {"at_least", "yes"},
        {"opaque", "yes"},
        {"dialect", ""},
        {"is_mail", "yes"},
        {"replies", "3 0 0 0"}}},
      {"refused, goes on in clear",
       offer +
           Talk{c("STARTTLS"), s("454 4.7.0 TLS not available"), c("MAIL FROM:<a@b.example>"), s("250 ok")} +
           kQuit,
       {{"tls", "offered"},
        {"mail", "1"},
        {"at_least", "no"},
        {"dialect", ""},
        {"refusals", "other/454/*1"}}},
      {"agreed, but the client speaks on in clear",
       offer + Talk{c("STARTTLS"), s("220 go"), c("EHLO pc"), s("250 mx")} + kQuit,
       {{"tls", "offered"}, {"opaque", "no"}, {"names", "1"}}},
      {"offered and ignored",
       offer + Talk{c("MAIL FROM:<a@b.example>"), s("250 ok")} + kQuit,
       {{"tls", "offered"}, {"dialect", "ignores-starttls"}}},
      {"client alone",
       {c("EHLO pc"), c("STARTTLS"), c_raw(client_hello())},
       {{"tls", "started"}, {"sni", "mx.example.org"}}},
      {"server alone",
       {s("220 mx ESMTP"), s("250-mx"), s("250 STARTTLS"), s("220 go"), s_raw(kServerHello)},
       {{"tls", "started"}, {"sni", ""}, {"at_least", "yes"}}},
      {"implicit",
       {c_raw(client_hello()), s_raw(kServerHello)},
       {{"tls", "implicit"},
        {"sni", "mx.example.org"},
        {"is_mail", "yes"},
        {"dialogue", "yes"},
        {"at_least", "yes"}},
       true},
      {"implicit, but the server greets in clear text",
       {c_raw(client_hello()), s("220 mx ESMTP")},
       {{"tls", "implicit"},
        {"is_mail", "yes"},
        {"greeting", "220"},
        {"banner", "mx ESMTP"},
        {"replies", "1 0 0 0"}},
       true},
      {"implicit, answered by something else",
       {c_raw(client_hello()), s("SSH-2.0-x")},
       {{"is_mail", "no"}, {"dialogue", "no"}},
       true},
      {"implicit, server alone", {s_raw(kServerHello)}, {{"tls", "implicit"}, {"is_mail", "yes"}}, true},
      {"implicit, joined inside the session",
       {c_raw(std::string("\x17\x03\x03\x00\x05", 5) + "abcde")},
       {{"tls", "implicit"}, {"is_mail", "yes"}},
       true},
      {"implicit port, clear dialogue",
       kHello + kEnvelope + kQuit,
       {{"tls", "none"}, {"mail", "1"}, {"is_mail", "yes"}},
       true},
      {"implicit port, something else",
       {c_raw(std::string("\x00\x0e\x38zzzz", 7)), s_raw(std::string("\x00\x1a\x40zzzz", 7))},
       {{"tls", "none"}, {"is_mail", "no"}, {"dialogue", "no"}},
       true},
      {"implicit port, something else, unanswered",
       {c_raw(std::string("\x00\x0e\x38zzzz", 7))},
       {{"is_mail", "no"}},
       true},
      {"TLS on port 25 without STARTTLS",
       {c_raw(client_hello())},
       {{"is_mail", "no"}, {"dialogue", "no"}, {"opaque", "yes"}}},
  };
  for (const auto& one : cases) check(one);
}

}  // namespace
}  // namespace gatewitness::dissect::test
