// SPDX-License-Identifier: Apache-2.0
//
// Dates as mails and reports write them.
#include "daemon/report/date.h"

#include <gtest/gtest.h>

namespace gatewitness::report {
namespace {

TEST(Date, IsReadInEveryForm) {
  struct {
    const char* text;
    const char* want;
    bool zone = true;
    bool weekday = true;
  } const cases[] = {
      {"Tue, 24 Nov 2026 12:03:11 +0000", "2026-11-24T12:03:11"},
      {"Tue, 24 Nov 2026 04:03:11 -0800 (PST)", "2026-11-24T12:03:11"},
      {"24 Nov 2026 17:33:11 +0530", "2026-11-24T12:03:11"},
      {" Tue ,  24 Nov 2026 12 : 03 : 11 +0000", "2026-11-24T12:03:11"},
      {"Tue, (a (nested) comment) 24 Nov 2026 12:03:11 +0000", "2026-11-24T12:03:11"},
      {"Tue, 24 Nov 2026 12:03 GMT", "2026-11-24T12:03:00"},
      {"Tue, 24 Nov 26 12:03:11 UT", "2026-11-24T12:03:11"},
      {"Tuesday, 24 November 2026 12:03:11 Z", "2026-11-24T12:03:11"},
      {"24 Nov 126 07:03:11 EST", "2026-11-24T12:03:11"},
      {"1 Jan 50 00:00:00 +0000", "1950-01-01T00:00:00"},
      {"1 Jan 49 00:00:00 +0000", "2049-01-01T00:00:00"},
      {"24 nov 2026 08:03:11 edt", "2026-11-24T12:03:11"},
      {"Tue, 24 Nov 2026 12:03:11 -0000", "2026-11-24T12:03:11"},
      {"Tue, 24 Nov 2026 12:03:11 A", "2026-11-24T12:03:11", false},
      {"Tue, 24 Nov 2026 12:03:11 CEST", "2026-11-24T12:03:11", false},
      {"Tue, 24 Nov 2026 12:03:11", "2026-11-24T12:03:11", false},
      {"Wed, 24 Nov 2026 12:03:11 +0000", "2026-11-24T12:03:11", true, false},
      {"Tue Nov 24 12:03:11 2026", "2026-11-24T12:03:11", false},
      {"Tue Nov 24 12:03:11 PST 2026", "2026-11-24T20:03:11"},
      {"Thu, 31 Dec 2026 23:59:60 +0000", "2027-01-01T00:00:00"},
      {"29 Feb 2028 00:30:00 +0100", "2028-02-28T23:30:00"},
      {"2026-11-24T12:03:11Z", "2026-11-24T12:03:11"},
      {"2026-11-24T13:03:11.999+01:00", "2026-11-24T12:03:11"},
      {"2026-11-24 12:03:11", "2026-11-24T12:03:11", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto moment = parse_date(c.text);
    ASSERT_TRUE(moment) << moment.error();
    EXPECT_EQ(to_string(moment->time).substr(0, 19), c.want);
    EXPECT_EQ(moment->zone_known, c.zone);
    EXPECT_EQ(moment->weekday_matches, c.weekday);
  }
}

TEST(Date, IsRefusedWhereItIsNone) {
  for (const char* text :
       {"", "  ", "Tue", "24 Nov", "24 Nov 2026", "24 Nov 2026 24:00:00 +0000", "24 Nov 2026 12:60:00 +0000",
        "24 Nov 2026 12:00:61 +0000", "0 Nov 2026 12:00:00 +0000", "30 Feb 2026 12:00:00 +0000",
        "24 Foo 2026 12:00:00 +0000", "24 Nov 2 12:00:00 +0000", "24 Nov 99999 12:00:00 +0000",
        "24 Nov 2026 12.03.11 +0000", "2026-11-24", "2026-13-24T12:03:11Z", "-1 Nov 2026 12:00:00 +0000",
        "((((((((", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

}  // namespace
}  // namespace gatewitness::report
