// SPDX-License-Identifier: Apache-2.0
//
// The Received lines of each mail server: what is the client's address and port, what only its HELO.
#include "daemon/report/received.h"

#include <gtest/gtest.h>

#include "tests/unit/report/report_texts.h"

namespace gatewitness::report {
namespace {

struct Case {
  const char* name;
  const char* field;
  const char* from;
  unsigned port;  // 0: none
  const char* helo;
  const char* by;
  const char* id;
};

const Case kServers[] = {
    {"Postfix",
     "from fridge.lan (unknown [203.0.113.7])\tby mx.example.net (Postfix) with ESMTP id 4F1C2A0B3D\tfor "
     "<v@x.example>; T",
     "203.0.113.7", 0, "fridge.lan", "mx.example.net", "4F1C2A0B3D"},
    {"Postfix with TLS",
     "from cam (h7.example [203.0.113.7])\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "
     "bits)\t key-exchange X25519)\t(No client certificate requested)\tby mx.example (Postfix) with ESMTPS "
     "id 9A; T",
     "203.0.113.7", 0, "cam", "mx.example", "9A"},
    {"Postfix, IPv6", "from cam (unknown [IPv6:2001:db8::7]) by mx.example (Postfix) with ESMTP id 9A; T",
     "2001:db8::7", 0, "cam", "mx.example", "9A"},
    {"a HELO that is another's address",
     "from [198.51.100.1] (unknown [203.0.113.7]) by mx.example (Postfix) with SMTP id 9A; T", "203.0.113.7",
     0, "[198.51.100.1]", "mx.example", "9A"},
    {"with a port", "from cam (unknown [203.0.113.7]:60460) by mx.example (Postfix) with ESMTP id 9A; T",
     "203.0.113.7", 60460, "cam", "mx.example", "9A"},
    {"Exim",
     "from h7.access.example ([203.0.113.7] helo=camera)\tby mail.example.org with esmtp (Exim "
     "4.96)\t(envelope-from <o@x.example>)\tid 1tFAbC-0001dE-2F\tfor v@x.example; T",
     "203.0.113.7", 0, "camera", "mail.example.org", "1tFAbC-0001dE-2F"},
    {"Exim without a name",
     "from [203.0.113.7] (port=60460 helo=camera) by mail.example.org with esmtp (Exim 4.96) id 1t; T",
     "203.0.113.7", 60460, "camera", "mail.example.org", "1t"},
    {"Exim with a name and a port",
     "from h7.access.example ([203.0.113.7]:60460 helo=camera) by m with esmtp id 1t; T", "203.0.113.7",
     60460, "camera", "m", "1t"},
    {"Exim, HELO as the name", "from h7.access.example ([203.0.113.7]:60460) by m with esmtp id 1t; T",
     "203.0.113.7", 60460, "h7.access.example", "m", "1t"},
    {"Exim, a HELO that lies", "from [203.0.113.7] (port=60460 helo=[198.51.100.1]) by m with smtp id 1t; T",
     "203.0.113.7", 60460, "[198.51.100.1]", "m", "1t"},
    {"Exim, a HELO with a port in it", "from [203.0.113.7] (helo=x port=1) by m with smtp id 1t; T",
     "203.0.113.7", 0, "x", "m", "1t"},
    {"Exim, an ident that lies", "from h ([203.0.113.7] ident=[198.51.100.1]) by m with smtp id 1t; T",
     "203.0.113.7", 0, "h", "m", "1t"},
    {"Exim, IPv6", "from [2001:db8::7] (port=60460 helo=cam) by m with esmtp id 1t; T", "2001:db8::7", 60460,
     "cam", "m", "1t"},
    {"Sendmail",
     "from fridge (h7.example [203.0.113.7] (may be forged))\tby mx.example (8.17.1/8.17.1) with ESMTP id "
     "4AOC3BxY012345\tfor <v@x.example>; T",
     "203.0.113.7", 0, "fridge", "mx.example", "4AOC3BxY012345"},
    {"Sendmail, no HELO", "from ([203.0.113.7]) by mx.example (8.17.1/8.17.1) with SMTP id 4A; T",
     "203.0.113.7", 0, "", "mx.example", "4A"},
    {"Sendmail with ident",
     "from fridge (root@h7.example [203.0.113.7]) by mx.example (8.17.1) with SMTP id 4A; T", "203.0.113.7",
     0, "fridge", "mx.example", "4A"},
    {"qmail", "from unknown (HELO fridge) (203.0.113.7)  by mx.example with SMTP; T", "203.0.113.7", 0,
     "fridge", "mx.example", ""},
    {"qmail, HELO as the name", "from h7.example (203.0.113.7)  by mx.example with SMTP; T", "203.0.113.7", 0,
     "h7.example", "mx.example", ""},
    {"qmail with ident", "from unknown (HELO fridge) (root@203.0.113.7) by mx.example with SMTP; T",
     "203.0.113.7", 0, "fridge", "mx.example", ""},
    {"qmail, a HELO that lies", "from unknown (HELO [198.51.100.1]) (203.0.113.7) by mx.example with SMTP; T",
     "203.0.113.7", 0, "[198.51.100.1]", "mx.example", ""},
    {"qmail, no network", "(qmail 12345 invoked by uid 0); T", "", 0, "", "", ""},
    {"Exchange",
     "from fridge (203.0.113.7) by AM0.mail.example (10.152.16.77) with Microsoft SMTP Server "
     "(version=TLS1_2, cipher=TLS_X) id 15.20.8158.24 via Frontend Transport; T",
     "203.0.113.7", 0, "fridge", "AM0.mail.example", ""},
    {"Gmail",
     "from camera (h7.access.example. [203.0.113.7])        by mx.google.example with ESMTPS id "
     "d9443c01a7336-2a1b.7.2026.11.24        for <v@x.example>        (version=TLS1_3 cipher=X "
     "bits=256/256); T",
     "203.0.113.7", 0, "camera", "mx.google.example", "d9443c01a7336-2a1b.7.2026.11.24"},
    {"Gmail's own", "by 2002:a17:90a:1234:b0:2f:abcd with SMTP id x1csp12; T", "", 0, "",
     "2002:a17:90a:1234:b0:2f:abcd", "x1csp12"},
    {"OpenSMTPD",
     "from fridge (h7.example [203.0.113.7])\tby mx.example (OpenSMTPD) with ESMTP id 1a2b3c4d\tfor "
     "<v@x.example>;\tT",
     "203.0.113.7", 0, "fridge", "mx.example", "1a2b3c4d"},
    {"Courier", "from fridge (h7.example [::ffff:203.0.113.7]:60460)  by mx.example with ESMTP; T",
     "203.0.113.7", 60460, "fridge", "mx.example", ""},
    {"Courier with an id",
     "from fridge (h7.example [::ffff:203.0.113.7])  by mx.example with ESMTP  id 0000000000A1.0000000065; T",
     "203.0.113.7", 0, "fridge", "mx.example", "0000000000A1.0000000065"},
    {"Yahoo", "from 203.0.113.7 (EHLO fridge) by 10.0.0.9 with SMTPs; T", "203.0.113.7", 0, "fridge",
     "10.0.0.9", ""},
    {"CommuniGate",
     "from [203.0.113.7] (HELO fridge) by mx.example (CommuniGate Pro SMTP 6.2) with ESMTP id 12345 for "
     "v@x.example; T",
     "203.0.113.7", 0, "fridge", "mx.example", "12345"},
    {"Haraka",
     "from fridge (h7.example [203.0.113.7])\tby mx.example (Haraka/3.0) with ESMTP id "
     "ABC-1.1\tenvelope-from <o@x.example>; T",
     "203.0.113.7", 0, "fridge", "mx.example", "ABC-1.1"},
    {"amavis: a port of the receiver",
     "from mx.example ([127.0.0.1]) by localhost (mx.example [127.0.0.1]) (amavisd-new, port 10024) with "
     "ESMTP id x; T",
     "127.0.0.1", 0, "mx.example", "localhost", "x"},
    {"a HELO called by", "from by (unknown [203.0.113.7]) by mx.example with SMTP id 9A; T", "203.0.113.7", 0,
     "by", "mx.example", "9A"},
    {"a HELO with a local part", "from bob@fridge (unknown [203.0.113.7]) by mx.example with SMTP id 9A; T",
     "203.0.113.7", 0, "fridge", "mx.example", "9A"},
    {"upper case", "FROM fridge (unknown [203.0.113.7]) BY mx.example WITH SMTP ID 9A; T", "203.0.113.7", 0,
     "fridge", "mx.example", "9A"},
    {"an id in angles", "from f (u [203.0.113.7]) by mx.example with SMTP id <9A>; T", "203.0.113.7", 0, "f",
     "mx.example", "9A"},
    {"port 0", "from f (u [203.0.113.7]:0) by m with SMTP id 9A; T", "203.0.113.7", 0, "f", "m", "9A"},
    {"port 65536", "from f (u [203.0.113.7]:65536) by m with SMTP id 9A; T", "203.0.113.7", 0, "f", "m",
     "9A"},
    {"port 65535", "from f (u [203.0.113.7]:65535) by m with SMTP id 9A; T", "203.0.113.7", 65535, "f", "m",
     "9A"},
    {"no address", "from fridge by mx.example with SMTP id 9A; T", "", 0, "", "mx.example", "9A"},
    {"an address that is none", "from f (u [203.0.113.777]) by m with SMTP id 9A; T", "", 0, "", "m", "9A"},
    {"a comment that never ends", "from f (u [203.0.113.7] by m with SMTP id 9A; T", "", 0, "", "m", "9A"},
};

TEST(Received, IsReadAsEachServerWritesIt) {
  for (const auto& c : kServers) {
    SCOPED_TRACE(c.name);
    std::string field = c.field;
    field.replace(field.rfind('T'), 1, "Tue, 24 Nov 2026 13:03:11 +0100");
    const Hop hop = parse_received(field, {});
    EXPECT_EQ(hop.from ? gatewitness::to_string(*hop.from) : "", c.from);
    EXPECT_EQ(hop.port.value_or(0), c.port);
    EXPECT_EQ(hop.helo, c.helo);
    EXPECT_EQ(hop.by, c.by);
    EXPECT_EQ(hop.id, c.id);
    ASSERT_TRUE(hop.time);
    EXPECT_EQ(gatewitness::to_string(*hop.time), "2026-11-24T12:03:11.000000Z");
  }
}

TEST(Received, CouriersIdStandsBehindTheDate) {
  const Hop hop = parse_received(
      "from f (h [::ffff:203.0.113.7]) by m with ESMTP; Tue, 24 Nov 2026 12:03:11 +0000  id 00A1.0065.1F",
      {});
  EXPECT_EQ(hop.id, "00A1.0065.1F");
  ASSERT_TRUE(hop.time);
  EXPECT_EQ(gatewitness::to_string(*hop.time), "2026-11-24T12:03:11.000000Z");
}

TEST(Received, ExchangesVersionIsNoQueueIdAndThatIsSaid) {
  const Hop hop = parse_received(
      "from a (203.0.113.7) by b with Microsoft SMTP Server id 15.20; Tue, 24 Nov 2026 13:03:11 +0100", {});
  ASSERT_EQ(hop.notes.size(), 1U);
  EXPECT_EQ(hop.notes[0], "the receiver is Microsoft Exchange, whose Received line has no queue id");
}

TEST(Received, OfSeveralAddressesInOneCommentTheLastIsTakenAndThatIsSaid) {
  const Hop hop =
      parse_received("from a (b [198.51.100.1] [203.0.113.7]) by m; Tue, 24 Nov 2026 13:03:11 +0100", {});
  EXPECT_EQ(hop.from, address("203.0.113.7"));
  ASSERT_EQ(hop.notes.size(), 1U);
  EXPECT_NE(hop.notes[0].find("more than one address"), std::string::npos);
}

// A client's certificate says what the client likes.
TEST(Received, WhatStandsBehindTheServersCommentIsNotAsked) {
  for (const char* certificate :
       {"[198.51.100.1]", "x [198.51.100.1]:1", " port=1 ", " HELO evil ", " 198.51.100.1 "}) {
    SCOPED_TRACE(certificate);
    const Hop hop =
        parse_received(std::string("from f (u [203.0.113.7]) (using TLSv1.3) (Client CN \"") + certificate +
                           "\", Issuer \"y\" (not verified)) by m (Postfix) with ESMTPS id 9A; x",
                       {});
    EXPECT_EQ(hop.from, address("203.0.113.7"));
    EXPECT_EQ(hop.port, std::nullopt);
    EXPECT_EQ(hop.helo, "f");
    EXPECT_EQ(hop.id, "9A");
  }
}

TEST(Received, TheReceiversPublicAddressIsTheDestination) {
  struct {
    const char* by;
    const char* want;
  } const cases[] = {{"mx.example ([198.51.100.33])", "198.51.100.33"},
                     {"mx.example (198.51.100.33)", "198.51.100.33"},
                     {"[198.51.100.33]", "198.51.100.33"},
                     {"mx.example (10.0.0.5)", ""},
                     {"mx.example (8.17.1/8.17.1)", ""},
                     {"mx.example", ""}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.by);
    const Hop hop = parse_received(std::string("from a ([203.0.113.7]) by ") + c.by + " with SMTP; x", {});
    EXPECT_EQ(hop.by_address ? gatewitness::to_string(*hop.by_address) : "", c.want);
  }
}

TEST(Received, OddTimesAreNoted) {
  struct {
    const char* time;
    bool taken;
    const char* note;
  } const cases[] = {
      {"", false, "the Received line has no time"},
      {"; Tue, 24 Nov 2026 12:03:11", true, "no time zone that is known; UTC was assumed"},
      {"; Tue, 24 Nov 2026 12:03:11 CET", true, "no time zone that is known; UTC was assumed"},
      {"; Mon, 24 Nov 2026 12:03:11 +0000", true, "names a day of the week that is not that date's"},
      {"; Tue, 24 Nov 1999 12:03:11 +0000", false, "which cannot be; it was not taken"},
      {"; Tue, 24 Nov 2126 12:03:11 +0000", false, "which cannot be; it was not taken"},
      {"; yesterday", false, "is no date of RFC 5322 or RFC 3339; it was not taken"},
      {"; Tue, 31 Nov 2026 12:03:11 +0000", false, "is of a date that does not exist; it was not taken"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.time);
    const Hop hop = parse_received(std::string("from a ([203.0.113.7]) by m with SMTP id 1") + c.time, {});
    EXPECT_EQ(hop.time.has_value(), c.taken);
    ASSERT_FALSE(hop.notes.empty());
    EXPECT_NE(hop.notes[0].find(c.note), std::string::npos) << hop.notes[0];
    EXPECT_EQ(hop.id, "1");
  }
}

TEST(Received, TextsAreCut) {
  const std::string longest(kMaxText, 'a');
  const Hop hop = parse_received(
      "from " + longest + "a ([203.0.113.7]) by " + longest + "b with SMTP id " + longest + "c; x", {});
  EXPECT_EQ(hop.helo, longest);
  EXPECT_EQ(hop.by, longest);
  EXPECT_EQ(hop.id, longest);
}

}  // namespace
}  // namespace gatewitness::report
