// SPDX-License-Identifier: Apache-2.0
//
// The parts of the SMTP session, each by a table: what a refusal says, what a queue id looks like, where the
// server name stands in a ClientHello, how a message's content ends.
#include <gtest/gtest.h>

#include "probes/dissect/block_lists.h"
#include "probes/dissect/bytes.h"
#include "probes/dissect/queue_id.h"
#include "probes/dissect/smtp_auth.h"
#include "probes/dissect/smtp_commands.h"
#include "probes/dissect/smtp_content.h"
#include "probes/dissect/smtp_refusal.h"
#include "probes/dissect/smtp_replies.h"
#include "probes/dissect/tls_client_hello.h"

namespace gatewitness::dissect {
namespace {

using wire::Refusal;

TEST(Refusal, SaysWhy) {
  struct Case {
    uint16_t code;
    std::string_view text;
    Refusal kind;
    std::string_view list;
  };
  const Case cases[] = {
      // Block lists, as servers and providers word them
      {554,
       "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; "
       "https://www.spamhaus.org/query/ip/192.0.2.1",
       Refusal::kBlockList, "zen.spamhaus.org"},
      {550, "5.7.1 Rejected: see https://www.spamhaus.org/sbl/query/SBL123456", Refusal::kBlockList,
       "sbl.spamhaus.org"},
      {550, "5.7.1 192.0.2.1 listed at pbl.spamhaus.org", Refusal::kBlockList, "pbl.spamhaus.org"},
      {550, "Blocked - see http://www.spamhaus.org", Refusal::kBlockList, "spamhaus.org"},
      {550, "5.7.1 Message contains a URL on DBL.SPAMHAUS.ORG", Refusal::kBlockList, "dbl.spamhaus.org"},
      {554,
       "5.7.1 Service unavailable; Client host [x] blocked using Barracuda Reputation; "
       "http://bbl.barracudacentral.com/q.cgi?ip=192.0.2.1",
       Refusal::kBlockList, "b.barracudacentral.org"},
      {554, "Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.1", Refusal::kBlockList,
       "bl.spamcop.net"},
      {550, "Currently Sending Spam See: http://www.sorbs.net/lookup.shtml?192.0.2.1", Refusal::kBlockList,
       "dnsbl.sorbs.net"},
      {554, "Your IP is listed at dnsbl-2.uceprotect.net", Refusal::kBlockList, "dnsbl-2.uceprotect.net"},
      {550, "5.7.1 Rejected by ivmSIP (https://www.invaluement.com/lookup)", Refusal::kBlockList,
       "invaluement.com"},
      {550, "Listed in PSBL, see http://psbl.org/listing?ip=192.0.2.1", Refusal::kBlockList,
       "psbl.surriel.com"},
      {550, "blocked by bl.mailspike.net", Refusal::kBlockList, "bl.mailspike.net"},
      {554, "5.7.1 http://www.senderscore.com/blocklistlookup", Refusal::kBlockList, "senderscore.com"},
      {554, "5.7.1 [192.0.2.1] blocked by Cloudmark CSI, https://csi.cloudmark.com/en/reset",
       Refusal::kBlockList, "csi.cloudmark.com"},
      {550, "5.7.1 Your IP has bad reputation, visit http://ipremoval.sms.symantec.com/lookup",
       Refusal::kBlockList, "symantec.com"},
      {554, "Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1", Refusal::kBlockList,
       "ipcheck.proofpoint.com"},
      {550, "5.7.1 Mail from 192.0.2.1 refused, see https://ers.trendmicro.com/reputations",
       Refusal::kBlockList, "ers.trendmicro.com"},
      {550,
       "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service "
       "provider since part of "
       "their network is on our block list (S3150). You can also refer your provider to "
       "http://mail.live.com/mail/troubleshooting.aspx#errors.",
       Refusal::kBlockList, "microsoft s3150"},
      {550, "5.7.1 part of their network is on our block list (S3140).", Refusal::kBlockList,
       "microsoft s3140"},
      {550,
       "5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit "
       "https://sender.office.com/",
       Refusal::kBlockList, "sender.office.com"},
      {550,
       "5.7.1 [192.0.2.1 19] Our system has detected that this message is likely suspicious due to the very "
       "low reputation of "
       "the sending IP address.",
       Refusal::kBlockList, "google.com"},
      {553,
       "5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
       Refusal::kBlockList, "spamhaus.org"},
      {554, "(RTR:BL) https://postmaster.aol.com/error-codes#554rtrbl", Refusal::kBlockList, "aol.com"},
      {554,
       "IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help or to contact tobr@rx.t-online.de "
       "for reset. (NOWL)",
       Refusal::kBlockList, "t-online.de"},
      {554,
       "gmx.net (mxgmx015) Nemesis ESMTP Service not available No SMTP service IP address is block listed. "
       "For explanation visit "
       "https://postmaster.gmx.net/en/error-messages?ip=192.0.2.1&c=bl",
       Refusal::kBlockList, "gmx.net"},
      {550, "rejected because 192.0.2.1 is in a black list at rbl.example.net", Refusal::kBlockList,
       "rbl.example.net"},
      {554, "Service unavailable; Client host [192.0.2.1] blocked using dnsbl.example.org; see there",
       Refusal::kBlockList, "dnsbl.example.org"},
      {550, "Your IP is on our internal blacklist", Refusal::kBlockList, ""},
      {550, "blacklisted by ann@example.org", Refusal::kBlockList,
       ""},  // a person's address is not a list's name
      // Unknown users
      {550, "5.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table",
       Refusal::kUnknownUser, ""},
      {550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
       Refusal::kUnknownUser, ""},
      {550, "Unrouteable address", Refusal::kUnknownUser, ""},
      {554, "delivery error: dd This user doesn't have a yahoo.com account (bob@yahoo.com) [0] - mta1",
       Refusal::kUnknownUser, ""},
      {550, "Requested action not taken: mailbox unavailable", Refusal::kUnknownUser, ""},
      {550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
       Refusal::kUnknownUser, ""},
      // Rates
      {421, "4.7.28 Our system has detected an unusual rate of unsolicited mail", Refusal::kRateLimit, ""},
      {421,
       "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user "
       "complaints",
       Refusal::kRateLimit, ""},
      {450, "4.2.1 The user you are trying to contact is receiving mail too quickly", Refusal::kRateLimit,
       ""},
      {452, "4.5.3 Too many recipients", Refusal::kRateLimit, ""},
      {421, "RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed",
       Refusal::kRateLimit, ""},
      // Content
      {550, "5.7.1 Our system has detected that this message is likely unsolicited mail",
       Refusal::kSpamContent, ""},
      {554, "5.7.1 Message rejected as spam by Content Filtering", Refusal::kSpamContent, ""},
      {552, "virus infected mail rejected", Refusal::kSpamContent, ""},
      // Policy
      {554, "5.7.1 <x@y.example>: Relay access denied", Refusal::kPolicy, ""},
      {550, "5.7.26 This mail is unauthenticated, which poses a security risk. SPF did not pass",
       Refusal::kPolicy, ""},
      {450, "4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", Refusal::kPolicy,
       ""},
      {450, "4.2.0 Greylisted, try again in 300 seconds", Refusal::kPolicy, ""},
      {550,
       "DY-001 Mail rejected by Outlook.com for policy reasons. We generally do not accept email from "
       "dynamic IP's",
       Refusal::kPolicy, ""},
      {530, "5.7.0 Must issue a STARTTLS command first", Refusal::kPolicy, ""},
      // Credentials
      {535, "5.7.8 Error: authentication failed: (reason unavailable)", Refusal::kAuth, ""},
      {530, "5.7.0 Authentication Required", Refusal::kAuth, ""},
      {535, "", Refusal::kAuth, ""},
      {550, "Please log in to get permission: login required", Refusal::kAuth, ""},
      // Neither
      {454, "4.7.0 TLS not available due to local problem", Refusal::kOther, ""},
      {503, "5.5.1 Error: need RCPT command", Refusal::kOther, ""},
      {500, "unrecognized command", Refusal::kOther, ""},
      {452, "4.3.1 Insufficient system storage", Refusal::kOther, ""},
      {451, "", Refusal::kOther, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto reason = classify_refusal(c.code, c.text);
    EXPECT_EQ(static_cast<int>(reason.kind), static_cast<int>(c.kind));
    EXPECT_EQ(reason.list, c.list);
  }
}

TEST(QueueId, IsFoundInFinalReplies) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"2.0.0 Ok: queued as 4FwX2b1c3dz9", "4FwX2b1c3dz9"},
      {"2.6.0 Ok, id=12345-01, from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as AB12CD", "AB12CD"},
      {"OK id=1pgobK-001mwq-ED", "1pgobK-001mwq-ED"},
      {"2.0.0 k9A7Bq01 Message accepted for delivery", "k9A7Bq01"},
      {"2.0.0: e3f1a2b4 Message accepted for delivery", "e3f1a2b4"},
      {"2.0.0 Message accepted for delivery: 5d6e7f80", "5d6e7f80"},
      {"2.6.0 <m@host.example> [InternalId=30374, Hostname=EX1.example.com] 1500 bytes in 0.1, 12 KB/sec "
       "Queued mail for delivery",
       "30374"},
      {"2.6.0 <0a1b@EX1.example.com> Queued mail for delivery", ""},
      {"2.0.0 OK  1700000000 x1-20020a170902ed8a00b001 - gsmtp", "x1-20020a170902ed8a00b001"},
      {"ok 1184401929 qp 26211", "1184401929 qp 26211"},
      {"Ok 0100018a1b2c3d4e-11111111-2222-3333-4444-555555555555-000000",
       "0100018a1b2c3d4e-11111111-2222-3333-4444-555555555555-000000"},
      {"ok:  Message 88074769 accepted", "88074769"},
      {"Message 0MIjEq-1VEnJO3RVo-002UBE accepted by mreu2.kundenserver.de", "0MIjEq-1VEnJO3RVo-002UBE"},
      {"Message Queued (5E7C0D1A-1.1)", "5E7C0D1A-1.1"},
      {"OK", ""},
      {"", ""},
      {"2.0.0", ""},
      {"Message accepted for delivery", ""},
      {"Ok: queued as ", ""},
      {"Ok: queued as ann@example.com", ""},
      {"Mail accepted", ""},
      {"Queued!", ""},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(find_queue_id(text), want) << text;
}

TEST(Commands, PathsAndChunks) {
  struct Case {
    std::string_view argument, address, domain;
    bool null, found;
  };
  const Case cases[] = {
      {"FROM:<a@b.example>", "a@b.example", "b.example", false, true},
      {"from: <a@b.example> SIZE=5", "a@b.example", "b.example", false, true},
      {"FROM:<>", "", "", true, true},
      {"FROM:< >", "", "", true, true},
      {"TO:<@x.example:a@b.example>", "a@b.example", "b.example", false, true},
      {"TO:<Postmaster>", "Postmaster", "", false, true},
      {"TO a@b.example", "a@b.example", "b.example", false, true},
      {"TO:<\"x>y\"@b.example>", "\"x>y\"@b.example", "b.example", false, true},
      {"TO:<\"x@b.example>", "\"x@b.example", "b.example", false, true},
      {"TO:<a@b.example", "a@b.example", "b.example", false, true},
      {"TO:<a@b.example!secret>", "a@b.example!secret", "b.example", false, true},
      {"TO:", "", "", false, false},
      {"TOM@b.example", "", "", false, false},
      {"", "", "", false, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.argument);
    const auto path = parse_path(c.argument);
    ASSERT_EQ(path.has_value(), c.found);
    if (!path) continue;
    EXPECT_EQ(path->address, c.address);
    EXPECT_EQ(path->domain, c.domain);
    EXPECT_EQ(path->null, c.null);
  }
  EXPECT_EQ(parse_chunk("12")->size, 12U);
  EXPECT_TRUE(parse_chunk("0 last")->last);
  for (const auto* wrong : {"", "x", "-1", "1 2", "1 LASTX", "99999999999999999999"})
    EXPECT_FALSE(parse_chunk(wrong)) << wrong;
}

TEST(Replies, LinesAndStatusCodes) {
  EXPECT_EQ(parse_reply_line("250-x")->last, false);
  EXPECT_EQ(parse_reply_line("250 x")->text, "x");
  EXPECT_EQ(parse_reply_line("250")->code, 250);
  for (const auto* wrong : {"", "25", "2500", "250x", "099 x", "600 x", "2 5 0", "abc"}) {
    EXPECT_FALSE(parse_reply_line(wrong)) << wrong;
  }
  for (const auto* yes : {"2.0.0", "5.7.1 no", "4.123.999 x"}) EXPECT_TRUE(has_enhanced_status(yes)) << yes;
  for (const auto* no : {"", "3.0.0", "2.0", "2..0", "2.0.", "2.0.1234", "2.1234.1", "25.0.0", "2.0.x"}) {
    EXPECT_FALSE(has_enhanced_status(no)) << no;
  }
}

TEST(Auth, LoginNames) {
  struct Case {
    std::string_view mechanism;
    unsigned step;
    std::string_view response, want;
  };
  const Case cases[] = {
      {"PLAIN", 0, "AGFubgBzZWNyZXQ=", "ann"},
      {"PLAIN", 0, "eABhbm4Ac2VjcmV0", "ann"},
      {"PLAIN", 0, "YW5uAABzZWNyZXQ=", "ann"},  // the name in authzid's place
      {"PLAIN", 0, "c2VjcmV0", ""},             // no NUL
      {"PLAIN", 0, "AHNlY3JldA==", ""},         // one NUL: what follows may be the password
      {"LOGIN", 0, "YW5u", "ann"},
      {"LOGIN", 1, "c2VjcmV0", ""},
      {"CRAM-MD5", 0, "YW5uIDAxMjM=", "ann"},
      {"XOAUTH2", 0, "dXNlcj1hbm5AZXhhbXBsZS5jb20BYXV0aD1CZWFyZXIgeAEB", "ann@example.com"},
      {"OAUTHBEARER", 0, "bixhPWFubiwBYXV0aD1CZWFyZXIgeAEB", "ann"},
      {"SCRAM-SHA-256", 0, "biwsbj1hbm4scj14", "ann"},
      {"DIGEST-MD5", 0, "dXNlcm5hbWU9ImFubiIscmVhbG09IngiCg==", "ann"},
      {"other", 0, "YW5u", ""},
      {"LOGIN", 0, "", ""},
      {"LOGIN", 0, "=", ""},
      {"LOGIN", 0, "!!", ""},
  };
  for (const auto& c : cases) {
    std::string got;
    find_login_name(c.mechanism, c.step, c.response, [&](std::string_view name) { got = name; });
    EXPECT_EQ(got, c.want) << c.mechanism << " " << c.response;
  }
}

std::string u16(std::size_t n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n & 0xFF)};
}

std::string extension(std::size_t type, const std::string& value) {
  return u16(type) + u16(value.size()) + value;
}
std::string server_name(const std::string& name) {
  const std::string entry = std::string(1, '\0') + u16(name.size()) + name;
  return extension(0, u16(entry.size()) + entry);
}
std::string hello_message(const std::string& extensions) {
  const std::string body = "\x03\x03" + std::string(32, 'r') + std::string(1, '\0') + u16(2) + "\x13\x01" +
                           std::string("\x01\0", 2) + u16(extensions.size()) + extensions;
  return std::string("\x01\0", 2) + u16(body.size()) + body;
}
std::string records(const std::string& message, std::size_t size) {
  std::string all;
  for (std::size_t at = 0; at < message.size(); at += size) {
    const auto part = message.substr(at, size);
    all += "\x16\x03\x01" + u16(part.size()) + part;
  }
  return all;
}

TEST(ClientHello, NameIsFoundHoweverItIsCut) {
  const std::string padding = extension(21, std::string(700, '\0'));
  const auto message =
      hello_message(padding + extension(16, u16(3) + "\x02h2") + server_name("Mail.Example.ORG"));
  for (const std::size_t record : {1U, 3U, 100U, 5000U}) {
    for (const std::size_t segment : {1U, 9U, 5000U}) {
      SCOPED_TRACE(std::to_string(record) + "/" + std::to_string(segment));
      const auto stream = records(message, record);
      ClientHelloReader reader;
      for (std::size_t at = 0; at < stream.size(); at += segment) {
        reader.feed(as_bytes(std::string_view(stream).substr(at, segment)));
      }
      EXPECT_EQ(reader.state(), ClientHelloReader::State::kDone);
      EXPECT_EQ(reader.server_name(), "mail.example.org");
      EXPECT_EQ(reader.protocol(), "h2");
    }
  }
}

TEST(ClientHello, OddOnes) {
  using State = ClientHelloReader::State;
  struct Case {
    std::string_view name;
    std::string bytes;
    State state;
    std::string_view sni;
  };
  const std::string at_limit = extension(21, std::string(ClientHelloReader::kMaxMessage - 100, '\0'));
  const std::string beyond = extension(21, std::string(2 * ClientHelloReader::kMaxMessage, '\0'));
  const Case cases[] = {
      {"no extension", records(hello_message(""), 5000), State::kDone, ""},
      {"a name with a blank", records(hello_message(server_name("a b")), 5000), State::kDone, ""},
      {"within the limit", records(hello_message(at_limit + server_name("x.example")), 16000), State::kDone,
       "x.example"},
      {"name before the limit", records(hello_message(server_name("x.example") + beyond), 16000),
       State::kDone, "x.example"},
      {"name beyond the limit", records(hello_message(beyond + server_name("x.example")), 16000),
       State::kDone, ""},
      {"half a hello", records(hello_message(server_name("x.example")), 5000).substr(0, 60), State::kMore,
       ""},
      {"an alert", std::string("\x15\x03\x01\x00\x02\x02\x28", 7), State::kOther, ""},
      {"a server's hello", std::string("\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9), State::kOther, ""},
      {"text", "EHLO x\r\n", State::kNotTls, ""},
      {"an empty record", std::string("\x16\x03\x01\x00\x00", 5), State::kNotTls, ""},
      {"version 4", std::string("\x16\x04\x01\x00\x05", 5), State::kNotTls, ""},
  };
  for (const auto& c : cases) {
    ClientHelloReader reader;
    EXPECT_EQ(reader.feed(as_bytes(c.bytes)), c.state) << c.name;
    EXPECT_EQ(reader.server_name(), c.sni) << c.name;
  }
}

// The slow, plain definition of where content ends, to compare the fast one with.
std::size_t end_of_content(const std::string& bytes) {
  const std::string all = "\r\n" + bytes;
  const auto at = all.find("\r\n.\r\n");
  return at == std::string::npos ? std::string::npos : at + 5 - 2;
}

TEST(Content, EndIsWhereThePlainDefinitionSaysForEveryShortText) {
  constexpr std::string_view kAlphabet = "\r\n.x";
  for (std::size_t n = 0; n < 65536; ++n) {  // every text of eight such bytes
    std::string text;
    for (std::size_t i = 0, rest = n; i < 8; ++i, rest /= 4) text += kAlphabet[rest % 4];
    for (const std::size_t step : {1U, 3U, 8U}) {
      ContentSkipper skipper;
      skipper.begin(false);
      std::size_t end = std::string::npos;
      for (std::size_t at = 0; at < text.size() && end == std::string::npos; at += step) {
        auto rest = as_bytes(std::string_view(text).substr(at, step));
        const auto size = rest.size();
        if (skipper.skip(rest)) end = at + size - rest.size();
      }
      ASSERT_EQ(end, end_of_content(text)) << n << " step " << step;
    }
  }
}

}  // namespace
}  // namespace gatewitness::dissect
