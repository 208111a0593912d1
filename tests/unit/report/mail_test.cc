// SPDX-License-Identifier: Apache-2.0
//
// Mails and mboxes: which Received line counts, what is found in parts, and that one bad message hides no
// other.
#include <gtest/gtest.h>

#include "tests/unit/report/report_texts.h"

namespace gatewitness::report {
namespace {

const std::string kOurs =
    "Received: from fridge (unknown [203.0.113.7])\n by mx.example (Postfix) with ESMTP id 4F1C\n"
    " for <v@x.example>; Tue, 24 Nov 2026 12:03:11 +0000\n";
const std::string kOther =
    "Received: from mx.example (mx.example [198.51.100.9])\n by inner.example with ESMTP id OTHER;\n"
    " Tue, 24 Nov 2026 12:03:12 +0000\n";
const std::string kForged =
    "Received: from [203.0.113.7] (port=1234 helo=x) by nowhere.example with smtp id FORGED;\n"
    " Tue, 24 Nov 2026 11:00:00 +0000\n";
const std::string kRest = "Subject: s\n\nbody\n";

std::string multipart(const std::string& parts, const std::string& subtype = "mixed") {
  return "From: a@x.example\nContent-Type: multipart/" + subtype + "; boundary=b\n\npreamble\n" + parts +
         "--b--\n";
}
std::string attached(const std::string& mail, const std::string& type = "message/rfc822") {
  return "--b\nContent-Type: " + type + "\n\n" + mail + "\n";
}

TEST(Mail, TheHopFromOurAddressIsFound) {
  for (const auto& mail :
       {kOurs + kRest, kOther + kOurs + kRest, crlf(kOther + kOurs + kRest), "\xef\xbb\xbf" + kOurs + kRest,
        "\n\n" + kOurs + kRest, ">From me\n" + kOurs + kRest, "From nobody\n" + kOurs + kRest, kOurs}) {
    SCOPED_TRACE(mail);
    const Reading reading = read(mail);
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    const Claim& claim = reading.claims[0];
    EXPECT_EQ(claim.public_address, address("203.0.113.7"));
    EXPECT_EQ(claim.public_port, std::nullopt);
    EXPECT_EQ(time_of(claim), "2026-11-24T12:03:11.000000Z");
    EXPECT_EQ(claim.time_source, "received header");
    EXPECT_EQ(claim.helo, "fridge");
    EXPECT_EQ(claim.queue_id, "4F1C");
    EXPECT_EQ(claim.receiver, "mx.example");
    EXPECT_EQ(claim.format, "mail");
    EXPECT_EQ(claim.source, "mail");
    EXPECT_EQ(claim.notes.back(), "no source port is given");
    EXPECT_EQ(claim.notes.size(),
              mail.find("OTHER") == mail.npos ? 1U : 2U);  // one more line stands above it
    EXPECT_TRUE(reading.errors.empty());
  }
}

TEST(Mail, OfSeveralHopsFromUsTheTopmostComesFirstAndItIsSaid) {
  const Reading reading = read(kOther + kOurs + kForged + kRest);
  ASSERT_EQ(reading.claims.size(), 2U);
  EXPECT_EQ(reading.claims[0].queue_id, "4F1C");
  EXPECT_EQ(reading.claims[1].queue_id, "FORGED");
  EXPECT_EQ(reading.claims[0].candidate, 1U);
  EXPECT_EQ(reading.claims[1].candidate, 2U);
  EXPECT_EQ(reading.claims[1].candidates, 2U);
  EXPECT_NE(all_notes(reading.claims[0]).find("2 Received lines qualify; the topmost is the most trusted"),
            std::string::npos);
}

TEST(Mail, WithoutOwnAddressesEveryPublicHopIsACandidate) {
  const std::string inside =
      "Received: from a ([192.168.1.5]) by b with SMTP; Tue, 24 Nov 2026 12:03:11 +0000\n";
  const Reading reading = read(kOther + inside + kOurs + kRest, {});
  ASSERT_EQ(reading.claims.size(), 2U);
  EXPECT_EQ(reading.claims[0].public_address, address("198.51.100.9"));
  EXPECT_EQ(reading.claims[1].public_address, address("203.0.113.7"));
  EXPECT_NE(all_notes(reading.claims[0]).find("it is not known which addresses are this gateway's"),
            std::string::npos);
}

TEST(Mail, WithNothingOfUsIsOneClearLine) {
  struct {
    const char* name;
    std::string mail;
    const char* want;
  } const cases[] = {
      {"no hops", kRest, "mail: is a mail with neither Received lines nor a report in it\n"},
      {"others' hops", kOther + kRest,
       "mail: none of its 1 Received lines is from an address of this gateway\n"},
      {"yaml", "X-XARF: PLAIN\n" + kOther + kRest,
       "mail: is an X-XARF report in YAML, which is not read; XARF 3 and 4 in JSON, ARF and mails with "
       "Received lines are\n"},
      {"no boundary", "Content-Type: multipart/mixed\n\n--b\n\n--b--\n",
       "mail: is a mail with neither Received lines nor a report in it (a multipart without a boundary was "
       "not read)\n"},
      {"empty", "", "report: is empty\n"},
      {"blank", " \n\n", "report: is empty\n"},
      {"UTF-16", std::string("\xff\xfe{\0", 4), "report: is UTF-16; save it as UTF-8\n"},
      {"UTF-16 without a mark", std::string("{\0\"\0", 4), "report: is UTF-16; save it as UTF-8\n"},
      {"gzip", "\x1f\x8b\x08", "report: is compressed; unpack it first\n"},
      {"a picture", "\x89PNG\r\n",
       "report: is neither a mail nor an mbox nor JSON; mails with Received lines, ARF, and XARF 3 and 4 are "
       "understood\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(c.mail);
    EXPECT_TRUE(reading.claims.empty());
    EXPECT_EQ(all_errors(reading), c.want);
  }
}

TEST(Mail, AnAttachedMailIsReadInEachForm) {
  const std::string base64 =
      "UmVjZWl2ZWQ6IGZyb20gZnJpZGdlICh1bmtub3duIFsyMDMuMC4xMTMuN10pCiBieSBteC5leGFt\n"
      "cGxlIChQb3N0Zml4KSB3aXRoIEVTTVRQIGlkIDRGMUMKIGZvciA8dkB4LmV4YW1wbGU+OyBUdWUs\n"
      "IDI0IE5vdiAyMDI2IDEyOjAzOjExICswMDAwCg==\n";
  struct {
    const char* name;
    std::string mail;
    const char* source;
  } const cases[] = {
      {"message/rfc822", multipart(attached(kOurs + kRest)), "mail, part 1"},
      {"after other parts",
       multipart("--b\n\ntext\n--b\nContent-Type: text/html\n\n<p>\n" + attached(kOurs + kRest)),
       "mail, part 3"},
      {"headers alone", multipart(attached(kOurs, "text/rfc822-headers")), "mail, part 1"},
      {"a digest", multipart("--b\n\n" + kOurs + kRest, "digest"), "mail, part 1"},
      {"nested",
       multipart(
           "--b\nContent-Type: multipart/mixed; boundary=\"c c\"\n\n--c c\nContent-Type: message/rfc822\n\n" +
           kOurs + kRest + "--c c--\n"),
       "mail, part 1.1"},
      {"base64",
       multipart("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: BASE64\n\n" + base64),
       "mail, part 1"},
      {"quoted-printable",
       multipart("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
                 "Received: from fridge (unknown =5B203.0.113.=\n7])\n by mx.example (Postfix) with ESMTP =\n"
                 "id 4F1C;=20\n Tue, 24 Nov 2026 12:03:11 +0000\n"),
       "mail, part 1"},
      {"folded and commented type",
       multipart("--b\nContent-Type: (a\n comment) message/rfc822;\n\tname=\"x.eml\"\n\n" + kOurs),
       "mail, part 1"},
      {"CRLF", crlf(multipart(attached(kOurs + kRest))), "mail, part 1"},
      {"no end", "Content-Type: multipart/mixed; boundary=b\n\n" + attached(kOurs + kRest), "mail, part 1"},
      {"its own way here is not ours", kOther + multipart(attached(kOurs + kRest)), "mail, part 1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(c.mail);
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    EXPECT_EQ(reading.claims[0].queue_id, "4F1C");
    EXPECT_EQ(reading.claims[0].source, c.source);
    EXPECT_EQ(time_of(reading.claims[0]), "2026-11-24T12:03:11.000000Z");
  }
}

// A spammer may attach a report that accuses another port: the line of the one who received the mail comes
// first.
TEST(Mail, WhatASpamCarriesDoesNotHideItsOwnHop) {
  const std::string framing = multipart(
      "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nSource-IP: "
      "203.0.113.7\nSource-Port: 4444\n"
      "Arrival-Date: Tue, 24 Nov 2026 12:03:11 +0000\n",
      "report");
  const Reading reading = read(kOurs + framing);
  ASSERT_EQ(reading.claims.size(), 2U);
  EXPECT_EQ(reading.claims[0].queue_id, "4F1C");
  EXPECT_EQ(reading.claims[0].format, "mail");
  EXPECT_NE(all_notes(reading.claims[0]).find("they are its sender's words"), std::string::npos);
  EXPECT_EQ(reading.claims[1].public_port, 4444);
}

TEST(Mail, PartsOfAMailThatHasSpokenAreNotAsked) {
  const std::string inner =
      "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: message/rfc822\n\n" + kForged +
      "\n--c--\n";
  const Reading reading = read(multipart(attached(kOurs + inner)));
  ASSERT_EQ(reading.claims.size(), 1U);
  EXPECT_EQ(reading.claims[0].queue_id, "4F1C");
}

TEST(Mail, NothingPrivateComesOut) {
  const std::string secret = "SECRET";
  const Reading reading =
      read("From: " + secret + "@x.example\nSubject: " + secret + "\n" + "Received: from " + secret +
           "@fridge ([203.0.113.7]) by " + secret + "@mx.example with SMTP id 1 for <" + secret +
           "@x.example>; " + secret + "\n\n" + secret);
  ASSERT_EQ(reading.claims.size(), 1U);
  const Claim& claim = reading.claims[0];
  EXPECT_EQ((claim.helo + claim.queue_id + claim.receiver + all_notes(claim)).find(secret),
            std::string::npos);
}

TEST(Mbox, EachMessageSpeaksForItself) {
  const std::string separator = "From a@x.example Tue Nov 24 12:10:00 2026\n";
  const std::string mbox = separator + kOurs + kRest +
                           "\n>From here on quoted\nFrom no-empty-line-before Tue Nov 24 12:10:00 2026\n\n" +
                           separator + kRest + "\nFrom Russia with love\n\n" + separator + kOther + kOurs +
                           kRest + "\n" + separator + multipart(attached(kOurs));
  for (const auto& text : {mbox, crlf(mbox)}) {
    const Reading reading = read(text);
    ASSERT_EQ(reading.claims.size(), 3U);
    EXPECT_EQ(reading.claims[0].source, "mbox message 1");
    EXPECT_EQ(reading.claims[1].source, "mbox message 3");
    EXPECT_EQ(reading.claims[2].source, "mbox message 4, part 1");
    EXPECT_EQ(all_errors(reading),
              "mbox message 2: is a mail with neither Received lines nor a report in it\n");
  }
}

}  // namespace
}  // namespace gatewitness::report
