// SPDX-License-Identifier: Apache-2.0
//
// RFC 3339 in and out: the calendar's edges, and what does not exist.
#include "probes/wire/time.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace gatewitness {
namespace {

using std::chrono::seconds;
using std::string_literals::operator""s;

constexpr Timestamp at(int64_t second, int64_t microsecond = 0) {
  return Timestamp(seconds(second)) + Duration(microsecond);
}

TEST(Time, ReadsEveryFormOfRfc3339) {
  const std::pair<const char*, Timestamp> cases[] = {
      {"1970-01-01T00:00:00Z", at(0)},
      {"2026-11-24T12:03:11Z", at(1795521791)},
      {"2026-11-24t12:03:11z", at(1795521791)},
      {"2026-11-24 12:03:11Z", at(1795521791)},
      {"2026-11-24T12:03:11.25Z", at(1795521791, 250000)},
      {"2026-11-24T12:03:11.000001Z", at(1795521791, 1)},
      {"2026-11-24T12:03:11.999999999Z", at(1795521791, 999999)},
      {"2026-11-24T13:03:11+01:00", at(1795521791)},
      {"2026-11-24T13:03:11+0100", at(1795521791)},
      {"2026-11-23T22:18:11-13:45", at(1795521791)},
      {"2026-11-24T12:03:11-00:00", at(1795521791)},
      {"2000-02-29T00:00:00Z", at(951782400)},
      {"2024-02-29T00:00:00Z", at(1709164800)},
      {"2016-12-31T23:59:60Z", at(1483228800)},  // the leap second counts as the next
      {"1969-12-31T23:59:59.5Z", at(-1, 500000)},
      {"0000-01-01T00:00:00Z", at(-62167219200)},
      {"9999-12-31T23:59:59.999999Z", at(253402300799, 999999)},
  };
  for (const auto& [text, want] : cases) {
    const auto time = parse_timestamp(text);
    ASSERT_TRUE(time) << text << ": " << time.error();
    EXPECT_EQ(*time, want) << text;
  }
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const std::string& text : {""s,
                                  "now"s,
                                  "1795521791"s,
                                  "2026-11-24"s,
                                  "2026-11-24T12:03:11"s,
                                  "2026-11-24T12:03Z"s,
                                  "2026-11-24T12:03:11.Z"s,
                                  "2026-11-24T12:03:11.1234567890Z"s,
                                  "2026-11-24T12:03:11,5Z"s,
                                  "2026-11-24T12:03:11ZZ"s,
                                  "2026-11-24T12:03:11Z "s,
                                  " 2026-11-24T12:03:11Z"s,
                                  "2026-11-24T12:03:11+"s,
                                  "2026-11-24T12:03:11+1"s,
                                  "2026-11-24T12:03:11+01"s,
                                  "2026-11-24T12:03:11+24:00"s,
                                  "2026-11-24T12:03:11+01:60"s,
                                  "2026-11-24T12:03:11 +01:00"s,
                                  "2026-1-24T12:03:11Z"s,
                                  "26-11-24T12:03:11Z"s,
                                  "12026-11-24T12:03:11Z"s,
                                  "-026-11-24T12:03:11Z"s,
                                  "2026/11/24T12:03:11Z"s,
                                  "2026-00-24T12:03:11Z"s,
                                  "2026-13-24T12:03:11Z"s,
                                  "2026-11-00T12:03:11Z"s,
                                  "2026-11-31T12:03:11Z"s,
                                  "2026-02-29T12:03:11Z"s,
                                  "1900-02-29T12:03:11Z"s,
                                  "2100-02-29T12:03:11Z"s,
                                  "2026-11-24T24:00:00Z"s,
                                  "2026-11-24T12:60:11Z"s,
                                  "2026-11-24T12:03:61Z"s,
                                  "2026-11-24T12:03:11Z\0"s}) {
    const auto time = parse_timestamp(text);
    ASSERT_FALSE(time) << text;
    EXPECT_FALSE(time.error().empty());
  }
}

TEST(Time, PrintsMicrosecondsInUtc) {
  EXPECT_EQ(to_string(at(1795521791, 250)), "2026-11-24T12:03:11.000250Z");
  EXPECT_EQ(to_string(Timestamp{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(at(0, -1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, PrintsTheNearestYearThatHasFourDigits) {
  EXPECT_EQ(to_string(Timestamp::min()), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(Timestamp::max()), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_string(at(-62167219200)), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(at(-62167219200, -1)), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(at(253402300800)), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_string(*parse_timestamp("0000-01-01T00:00:00+23:59")), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(*parse_timestamp("9999-12-31T23:59:59-23:59")), "9999-12-31T23:59:59.999999Z");
}

TEST(Time, WhatIsPrintedIsReadBack) {
  std::mt19937_64 random(20140116);
  std::uniform_int_distribution<int64_t> microseconds(-62'167'219'200'000'000, 253'402'300'799'999'999);
  for (int i = 0; i < 2000; ++i) {
    const Timestamp time{Duration(microseconds(random))};
    ASSERT_EQ(parse_timestamp(to_string(time)), time) << to_string(time);
  }
}

}  // namespace
}  // namespace gatewitness
