// SPDX-License-Identifier: Apache-2.0
//
// ARF: what the report says, what the attached mail says, and where the two disagree.
#include <gtest/gtest.h>

#include "tests/unit/report/report_texts.h"

namespace gatewitness::report {
namespace {

const std::string kFields =
    "Feedback-Type: abuse\nUser-Agent: Example/1\nVersion: 1\nSource-IP: 203.0.113.7\nSource-Port: 60460\n"
    "Arrival-Date: Tue, 24 Nov 2026 12:03:11 +0000\nReporting-MTA: dns; mail.isp.example\n";
const std::string kHop =
    "Received: from fridge (unknown [203.0.113.7]) by mx.isp.example (Postfix) with ESMTP id 7B2D;\n"
    " Tue, 24 Nov 2026 12:03:12 +0000\n";

std::string arf(const std::string& fields, const std::string& reported) {
  return "From: a@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
         "--b\n\nFor people.\n--b\nContent-Type: message/feedback-report\n\n" +
         fields + "\n--b\nContent-Type: message/rfc822\n\n" + reported + "Subject: s\n\nbody\n--b--\n";
}

TEST(Arf, ReportAndAttachedMailMakeOneClaim) {
  for (const auto& text : {arf(kFields, kHop), crlf(arf(kFields, kHop))}) {
    const Reading reading = read(text);
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    const Claim& claim = reading.claims[0];
    EXPECT_EQ(claim.public_address, address("203.0.113.7"));
    EXPECT_EQ(claim.public_port, 60460);
    EXPECT_EQ(time_of(claim), "2026-11-24T12:03:11.000000Z");
    EXPECT_EQ(claim.time_source, "arf arrival-date");
    EXPECT_EQ(claim.helo, "fridge");
    EXPECT_EQ(claim.queue_id, "7B2D");
    EXPECT_EQ(claim.receiver, "mx.isp.example");
    EXPECT_EQ(claim.format, "arf");
    EXPECT_EQ(claim.source, "mail, part 2");
    EXPECT_EQ(all_notes(claim), "");
  }
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Arf, WhatIsOddIsNoted) {
  const std::string old_hop = with(kHop, "12:03:12", "10:03:12");
  const std::string port_hop = with(kHop, "[203.0.113.7]", "[203.0.113.7]:1234");
  struct {
    const char* name;
    std::string fields;
    std::string reported;
    const char* note;
    std::optional<uint16_t> port = 60460;
    const char* queue_id = "7B2D";
  } const cases[] = {
      {"another time", kFields, old_hop,
       "the attached mail's Received line 2026-11-24T10:03:12.000000Z; the report's was taken"},
      {"another port", kFields, port_hop,
       "the report says port 60460, the attached mail's Received line port 1234"},
      {"no port", with(kFields, "Source-Port: 60460\n", ""), kHop, "no source port is given", std::nullopt},
      {"the mail's port", with(kFields, "Source-Port: 60460\n", ""), port_hop, "", 1234},
      {"a port that is none", with(kFields, "60460", "70000"), kHop, "Source-Port is not a port",
       std::nullopt},
      {"another address", kFields, with(kHop, "203.0.113.7", "198.51.100.9"),
       "no Received line of the attached mail is from 203.0.113.7", 60460, ""},
      {"no Received", kFields, "", "the attached mail has no Received lines", 60460, ""},
      {"two of them", kFields, kHop + with(kHop, "7B2D", "FORGED"),
       "2 Received lines of the attached mail are from 203.0.113.7; the topmost was taken"},
      {"not spam", with(kFields, "abuse", "not-spam"), kHop, "the mail was not spam"},
      {"no type", with(kFields, "Feedback-Type: abuse\n", ""), kHop, "no Feedback-Type"},
      {"many incidents", kFields + "Incidents: 37\n", kHop, "speaks of 37 incidents"},
      {"two addresses", kFields + "Source-IP: 203.0.113.8\n", kHop,
       "gives Source-IP twice; the first was taken"},
      {"no zone", with(kFields, " +0000", ""), kHop,
       "Arrival-Date has no time zone that is known; UTC was assumed"},
      {"no address", with(kFields, "Source-IP: 203.0.113.7\n", ""), kHop,
       "the feedback report has no Source-IP; the address is from"},
      {"garbage", kFields + "no field at all\n", kHop, "1 lines of the feedback report are no fields"},
      {"not ours", with(kFields, "203.0.113.7", "198.51.100.9"), "",
       "198.51.100.9 is not known as an address of this gateway", 60460, ""},
      {"private", with(kFields, "203.0.113.7", "10.0.0.9"), "", "10.0.0.9 is no public address", 60460, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(arf(c.fields, c.reported));
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    EXPECT_NE(all_notes(reading.claims[0]).find(c.note), std::string::npos) << all_notes(reading.claims[0]);
    EXPECT_EQ(reading.claims[0].public_port, c.port);
    EXPECT_EQ(reading.claims[0].queue_id, c.queue_id);
  }
}

TEST(Arf, TimesComeFromWhereTheyAre) {
  const std::string none = with(kFields, "Arrival-Date: Tue, 24 Nov 2026 12:03:11 +0000\n", "");
  const Claim of_hop = read(arf(none, kHop)).claims.at(0);
  EXPECT_EQ(time_of(of_hop), "2026-11-24T12:03:12.000000Z");
  EXPECT_EQ(of_hop.time_source, "received header");
  const Claim received =
      read(arf(none + "Received-Date: Tue, 24 Nov 2026 12:00:00 +0000\n", "")).claims.at(0);
  EXPECT_EQ(time_of(received), "2026-11-24T12:00:00.000000Z");
  EXPECT_EQ(received.time_source, "arf received-date");
}

TEST(Arf, AnAddressInEitherFamilyIsRead) {
  for (const char* text : {"2001:db8::7", "[2001:db8::7]", "IPv6:2001:db8::7", "2001:0DB8:0:0:0:0:0:7"})
    EXPECT_EQ(read(arf(with(kFields, "203.0.113.7", text), "")).claims.at(0).public_address,
              address("2001:db8::7"))
        << text;
}

TEST(Arf, OfTheServerThatWeSentThroughBringsOurHopToo) {
  const std::string relay = with(kHop, "203.0.113.7", "198.51.100.9");
  const Reading reading =
      read(arf(with(kFields, "203.0.113.7", "198.51.100.9"), with(relay, "7B2D", "9C") + kHop));
  ASSERT_EQ(reading.claims.size(), 2U);
  EXPECT_EQ(reading.claims[0].public_address, address("203.0.113.7"));
  EXPECT_EQ(reading.claims[0].queue_id, "7B2D");
  EXPECT_EQ(reading.claims[0].format, "mail");
  EXPECT_EQ(reading.claims[1].public_address, address("198.51.100.9"));
  EXPECT_EQ(reading.claims[1].queue_id, "9C");
}

TEST(Arf, WithoutAnAddressIsOneClearLine) {
  EXPECT_EQ(all_errors(read(arf(with(kFields, "203.0.113.7", "fridge.example"), kHop))),
            "mail, part 2: the feedback report's Source-IP is not an IP address\n");
  EXPECT_EQ(all_errors(read(arf(with(kFields, "Source-IP: 203.0.113.7\n", ""), ""))),
            "mail, part 2: the feedback report has no Source-IP\n");
}

TEST(Arf, AForwardedReportIsReadWhetherOrNotWeKnowOurAddresses) {
  const std::string way =
      "Received: from isp.example ([198.51.100.77]) by access.example with ESMTP id WAY; Tue, 24 Nov 2026 "
      "13:00:00 +0000\n";
  std::string inner = way + arf(kFields, kHop);
  const std::string outer =
      way + "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\n" + inner +
      "--o--\n";
  for (const auto& options : {ours(), ReadOptions{}}) {
    const Reading reading = read(outer, options);
    ASSERT_EQ(reading.claims.size(), 1U);
    EXPECT_EQ(reading.claims[0].public_port, 60460);
    EXPECT_EQ(reading.claims[0].queue_id, "7B2D");
    EXPECT_EQ(reading.claims[0].source, "mail, part 1.2");
  }
}

}  // namespace
}  // namespace gatewitness::report
