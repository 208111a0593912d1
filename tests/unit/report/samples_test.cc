// SPDX-License-Identifier: Apache-2.0
//
// tests/golden/reports, which the end-to-end tests use too, say what they are made to say, and nothing
// private.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/unit/report/report_texts.h"

namespace gatewitness::report {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(GATEWITNESS_REPORTS) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Samples, GiveTheirClaims) {
  struct {
    const char* name;
    const char* format;
    uint16_t port;  // 0: none
    const char* queue_id;
    const char* helo;
  } const cases[] = {
      {"spam_postfix.eml", "mail", 0, "4F1C2A0B3D", "fridge.lan"},
      {"spam_exim_port.eml", "mail", 60460, "1tFAbC-0001dE-2F", "camera"},
      {"arf.eml", "arf", 60460, "7B2D9C1E04", "fridge.lan"},
      {"arf_headers_only.eml", "arf", 0, "d9443c01a7336-2a1b2c3d4e5si123456.7.2026.11.24.04.03.11", "camera"},
      {"xarf3.json", "xarf-3", 60460, "4F1C2A0B3D", "fridge.lan"},
      {"xarf3_mail.eml", "xarf-3", 60460, "4F1C2A0B3D", "fridge.lan"},
      {"xarf4.json", "xarf-4", 60460, "4F1C2A0B3D", "fridge.lan"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(file(c.name));
    ASSERT_EQ(reading.claims.size(), 1U) << all_errors(reading);
    const Claim& claim = reading.claims[0];
    EXPECT_EQ(claim.public_address, address("203.0.113.7"));
    EXPECT_EQ(claim.format, c.format);
    EXPECT_EQ(claim.public_port.value_or(0), c.port);
    EXPECT_EQ(claim.queue_id, c.queue_id);
    EXPECT_EQ(claim.helo, c.helo);
    EXPECT_EQ(time_of(claim).substr(0, 19), "2026-11-24T12:03:11");
    EXPECT_TRUE(reading.errors.empty()) << all_errors(reading);
  }
}

TEST(Samples, OfManyGiveMany) {
  const Reading mbox = read(file("many.mbox"));
  EXPECT_EQ(mbox.claims.size(), 3U);
  EXPECT_EQ(all_errors(mbox), "mbox message 4: is a mail with neither Received lines nor a report in it\n");
  EXPECT_EQ(read(file("xarf4_lines.json")).claims.size(), 3U);
}

TEST(Samples, ThatAreBrokenGiveOneLineEach) {
  struct {
    const char* name;
    const char* want;
  } const cases[] = {
      {"cut.json", "JSON, document 1: is JSON that breaks off\n"},
      {"cut_arf.eml",
       "mail, part 2: the feedback report has no Source-IP (a multipart has no end: the mail was cut off, or "
       "its "
       "boundary is wrong)\n"},
      {"empty.eml", "report: is empty\n"},
      {"no_received.eml", "mail: is a mail with neither Received lines nor a report in it\n"},
      {"no_xarf.json",
       "JSON, document 1: is JSON, but no XARF report: it has neither \"Report\" (version 3) nor "
       "\"xarf_version\"\n"},
      {"other_address.eml", "mail: none of its 1 Received lines is from an address of this gateway\n"},
      {"picture.eml",
       "report: is neither a mail nor an mbox nor JSON; mails with Received lines, ARF, and XARF 3 and 4 are "
       "understood\n"},
      {"twice.json", "JSON, document 1: gives source_identifier twice\n"},
      {"utf16.json", "report: is UTF-16; save it as UTF-8\n"},
      {"xarf_yaml.eml",
       "mail: is an X-XARF report in YAML, which is not read; XARF 3 and 4 in JSON, ARF and mails with "
       "Received lines are\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Reading reading = read(file(std::string("broken/") + c.name));
    EXPECT_TRUE(reading.claims.empty());
    EXPECT_EQ(all_errors(reading), c.want);
  }
}

}  // namespace
}  // namespace gatewitness::report
