// SPDX-License-Identifier: Apache-2.0
//
// XARF 3 and 4: bare, in an array, one a line, as an attachment; broken ones are one line each.
#include <gtest/gtest.h>

#include "tests/unit/report/report_texts.h"

namespace gatewitness::report {
namespace {

const std::string kVersion3 =
    R"({"Version": "2", "ReporterInfo": {"ReporterOrg": "x"}, "Report": {"ReportClass": "Activity", "ReportType": "Spam",)"
    R"( "Date": "2026-11-24T12:03:11Z", "SourceIp": "203.0.113.7", "SourcePort": 60460, "DestinationIp": "198.51.100.33",)"
    R"( "DestinationPort": 25}})";
const std::string kVersion4 =
    R"({"xarf_version": "4.0.0", "timestamp": "2026-11-24T12:03:11.250Z", "source_identifier": "203.0.113.7",)"
    R"( "source_port": 60460, "category": "messaging", "type": "spam", "destination_ip": "198.51.100.33", "destination_port": 25})";
// "Received: from fridge (u [203.0.113.7]) by mx.example with ESMTP id 4F1C; Tue, 24 Nov 2026 12:03:11
// +0000\n"
const std::string kSample =
    "UmVjZWl2ZWQ6IGZyb20gZnJpZGdlICh1IFsyMDMuMC4xMTMuN10pIGJ5IG14LmV4YW1wbGUgd2l0aCBFU01UUCBpZCA0RjFDOyBUdWUs"
    "IDI0IE5vdiAyMDI2"
    "IDEyOjAzOjExICswMDAwCg==";

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

void expect_whole(const Claim& claim, const char* format) {
  EXPECT_EQ(claim.public_address, address("203.0.113.7"));
  EXPECT_EQ(claim.public_port, 60460);
  EXPECT_EQ(time_of(claim).substr(0, 19), "2026-11-24T12:03:11");
  EXPECT_EQ(claim.destination, address("198.51.100.33"));
  EXPECT_EQ(claim.destination_port, 25);
  EXPECT_EQ(claim.format, format);
  EXPECT_EQ(all_notes(claim), "");
}

TEST(Xarf, BothVersionsAreRead) {
  const Claim three = read(kVersion3).claims.at(0);
  expect_whole(three, "xarf-3");
  EXPECT_EQ(three.time_source, "xarf date");
  EXPECT_EQ(three.source, "JSON, document 1");
  const Claim four = read(kVersion4).claims.at(0);
  expect_whole(four, "xarf-4");
  EXPECT_EQ(four.time_source, "xarf timestamp");
  EXPECT_EQ(time_of(four), "2026-11-24T12:03:11.250000Z");
}

TEST(Xarf, OtherSpellingsAreRead) {
  const std::string object =
      R"({"Report": {"ReportType": "spam", "Date": "2026-11-24T12:03:11Z", "Source": {"IP": "203.0.113.7", "Port": 60460,)"
      R"( "Type": "ip"}, "DestinationIP": "198.51.100.33", "DestinationPort": "25"}})";
  expect_whole(read(object).claims.at(0), "xarf-3");
  const std::string text =
      R"({"Report": {"ReportType": "spam", "Date": "2026-11-24T12:03:11Z", "Source": "203.0.113.7"}})";
  EXPECT_EQ(read(text).claims.at(0).public_address, address("203.0.113.7"));
  expect_whole(read("\xef\xbb\xbf" + kVersion4).claims.at(0), "xarf-4");
}

TEST(Xarf, ManyDocumentsInEachForm) {
  const std::string bad = R"({"xarf_version": "4.0.0", "source_identifier": "nobody.example"})";
  for (const auto& text : {"[" + kVersion3 + ",\n" + bad + ", " + kVersion4 + "]",
                           kVersion3 + "\n" + bad + "\n" + kVersion4 + "\n", kVersion3 + bad + kVersion4}) {
    SCOPED_TRACE(text);
    const Reading reading = read(text);
    ASSERT_EQ(reading.claims.size(), 2U);
    EXPECT_EQ(reading.claims[0].format, "xarf-3");
    EXPECT_EQ(reading.claims[1].format, "xarf-4");
    EXPECT_EQ(reading.claims[1].source, "JSON, document 3");
    EXPECT_EQ(all_errors(reading), "JSON, document 2: source_identifier is not an IP address\n");
  }
}

TEST(Xarf, ABrokenDocumentHidesNoOther) {
  for (const char* bad : {"{\"xarf_version\": \"4", "{\"xarf_version\": [[[", "{]", "nonsense", "{\"a\" 1}",
                          "[1, 2", "\"{\""}) {
    SCOPED_TRACE(bad);
    const Reading reading = read(kVersion3 + "\n" + bad + "\n" + kVersion4);
    EXPECT_EQ(reading.claims.size(), 2U) << all_errors(reading);
    EXPECT_EQ(reading.errors.size(), 1U) << all_errors(reading);
  }
}

TEST(Xarf, OfLinesThatBreakOffAllOthersAreRead) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += kVersion4.substr(0, 20) + "\n" + kVersion4 + "\n";
  const Reading reading = read(text);
  EXPECT_EQ(reading.claims.size(), 20U);
  EXPECT_EQ(reading.errors.size(), 20U);
}

TEST(Xarf, MalformedIsOneClearLine) {
  std::string deep =
      "{\"xarf_version\": \"4.0.0\", \"x\": " + std::string(32, '[') + std::string(32, ']') + "}";
  struct {
    const char* name;
    std::string text;
    const char* want;
  } const cases[] = {
      {"no XARF", R"({"name": 1})",
       "is JSON, but no XARF report: it has neither \"Report\" (version 3) nor \"xarf_version\""},
      {"no address", R"({"xarf_version": "4.0.0"})", "source_identifier is missing"},
      {"no address, version 3", R"({"Report": {}})", "Report.SourceIp is missing"},
      {"an address that is a number", with(kVersion4, "\"203.0.113.7\"", "7"),
       "source_identifier is not a text with an IP address"},
      {"an address in a list", with(kVersion4, "\"203.0.113.7\"", "[\"203.0.113.7\"]"),
       "source_identifier is not a text with an IP address"},
      {"a domain", with(kVersion4, "203.0.113.7", "x.example"), "source_identifier is not an IP address"},
      {"twice", with(kVersion4, "\"source_port\"", "\"source_identifier\""), "gives source_identifier twice"},
      {"two reports", with(kVersion3, "\"Version\": \"2\"", "\"Report\": {\"SourceIp\": \"198.51.100.1\"}"),
       "gives Report twice"},
      {"cut off", kVersion4.substr(0, 60), "is JSON that breaks off"},
      {"not JSON inside", with(kVersion4, "60460", "060460"), "is no valid JSON at byte 124"},
      {"not UTF-8", with(kVersion4, "spam", "\xff"), "is no valid JSON at byte 160"},
      {"too deep", deep, "is JSON nested more than 32 deep"},
      {"an empty list", "[]", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(c.text);
    EXPECT_TRUE(reading.claims.empty());
    const std::string want = *c.want == '\0' ? "JSON: is JSON without an object in it\n"
                                             : std::string("JSON, document 1: ") + c.want + "\n";
    EXPECT_EQ(all_errors(reading), want);
  }
}

TEST(Xarf, WhatIsOddIsNoted) {
  struct {
    const char* name;
    std::string text;
    const char* note;
  } const cases[] = {
      {"no port", with(kVersion4, "\"source_port\": 60460, ", ""), "no source port is given"},
      {"port 0", with(kVersion4, "60460", "0"),
       "source_port is not a port from 1 to 65535; it was not taken"},
      {"port -1", with(kVersion4, "60460", "-1"),
       "source_port is not a port from 1 to 65535; it was not taken"},
      {"port 65536", with(kVersion4, "60460", "65536"),
       "source_port is not a port from 1 to 65535; it was not taken"},
      {"a huge port", with(kVersion4, "60460", "99999999999999999999999"),
       "source_port is not a port from 1 to 65535; it was not taken"},
      {"a port that is true", with(kVersion4, "60460", "true"),
       "source_port is not a port from 1 to 65535; it was not taken"},
      {"no zone", with(kVersion4, ".250Z", ""), "timestamp has no time zone that is known; UTC was assumed"},
      {"seconds as the time", with(kVersion4, "\"2026-11-24T12:03:11.250Z\"", "1795608191"),
       "timestamp is not a text with a time; it was not taken"},
      {"a time before us", with(kVersion4, "2026", "1970"),
       "timestamp is 1970-11-24T12:03:11.250000Z, which cannot be; it was not taken"},
      {"a destination that is none", with(kVersion4, "198.51.100.33", "mx.example"),
       "destination_ip is not an IP address; it was not taken"},
      {"not mail", with(with(kVersion4, "messaging", "copyright"), "spam", "p2p"),
       "by its class and type the report is not about mail"},
      {"version 5", with(kVersion4, "4.0.0", "5.0.0"),
       "xarf_version is not 4; the report was read as version 4"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(c.text);
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    EXPECT_NE(all_notes(reading.claims[0]).find(c.note), std::string::npos) << all_notes(reading.claims[0]);
  }
}

TEST(Xarf, TheMailBroughtAsEvidenceGivesQueueIdAndHelo) {
  const std::string list = R"("Samples": [{"Payload": ")" + kSample +
                           R"(", "Base64Encoded": true, "ContentType": "message/rfc822"}], "ReportType")";
  const std::string attachment =
      R"("Attachment": [{"ContentType": "text/plain", "Data": "x"}, {"ContentType": "message/rfc822", "Data": ")" +
      kSample + R"("}], "ReportType")";
  const std::string plain =
      R"("Samples": [{"Payload": "Received: from fridge (u [203.0.113.7]) by mx.example with ESMTP id 4F1C; Tue, 24 Nov 2026 12:03:11 +0000\n", "Base64Encoded": false, "ContentType": "message/rfc822"}], "ReportType")";
  const std::string evidence =
      R"("evidence": [{"content_type": "message/rfc822", "payload": ")" + kSample + R"("}], "type")";
  for (const auto& text :
       {with(kVersion3, "\"ReportType\"", list), with(kVersion3, "\"ReportType\"", attachment),
        with(kVersion3, "\"ReportType\"", plain), with(kVersion4, "\"type\"", evidence)}) {
    SCOPED_TRACE(text);
    const Reading reading = read(text);
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    EXPECT_EQ(reading.claims[0].queue_id, "4F1C");
    EXPECT_EQ(reading.claims[0].helo, "fridge");
    EXPECT_EQ(reading.claims[0].receiver, "mx.example");
    EXPECT_EQ(all_notes(reading.claims[0]), "");
  }
}

TEST(Xarf, AsAnAttachmentOfAMail) {
  const std::string head =
      "From: a@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
      "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: xarf\nVersion: 1\n";
  for (const char* type :
       {"Content-Type: application/json; name=xarf.json",
        "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=\"xarf.json\"",
        "Content-Type: APPLICATION/JSON"}) {
    const Reading reading = read(head + "--b\n" + type + "\n\n" + kVersion3 + "\n--b--\n");
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    expect_whole(reading.claims[0], "xarf-3");
    EXPECT_EQ(reading.claims[0].source, "mail, part 2, document 1");
    EXPECT_TRUE(reading.errors.empty());
  }
}

}  // namespace
}  // namespace gatewitness::report
