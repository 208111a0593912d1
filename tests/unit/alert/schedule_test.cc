// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/schedule.h"

#include <gtest/gtest.h>

namespace gatewitness::alert {
namespace {

using namespace std::chrono_literals;

TEST(Outcome, OfEachKindOfStatus) {
  for (const int status : {200, 201, 202, 204, 299})
    EXPECT_EQ(outcome_of(status), Outcome::kDelivered) << status;
  for (const int status : {0, 408, 425, 429, 500, 502, 503, 507})
    EXPECT_EQ(outcome_of(status), Outcome::kRetry) << status;
  for (const int status : {301, 302, 400, 401, 403, 404, 410, 413, 422})
    EXPECT_EQ(outcome_of(status), Outcome::kRefused) << status;
}

TEST(Backoff, DoublesToItsLimitAndIsSpread) {
  EXPECT_EQ(backoff(1, true, std::nullopt, 1), 2s);
  EXPECT_EQ(backoff(2, true, std::nullopt, 1), 4s);
  EXPECT_EQ(backoff(2, true, std::nullopt, 0), 2s);
  EXPECT_EQ(backoff(2, true, std::nullopt, 0.5), 3s);
  EXPECT_EQ(backoff(8, true, std::nullopt, 1), 256s);
  EXPECT_EQ(backoff(9, true, std::nullopt, 1), 5min);
  EXPECT_EQ(backoff(9, false, std::nullopt, 1), 1min);
  EXPECT_EQ(backoff(UINT32_MAX, true, std::nullopt, 1), 5min);
}

TEST(Backoff, WaitsAsLongAsTheServerAsksButNotForEver) {
  EXPECT_EQ(backoff(1, true, 30s, 1), 30s);
  EXPECT_EQ(backoff(9, true, 1s, 1), 5min);
  EXPECT_EQ(backoff(1, true, 1000h, 1), 24h);
}

TEST(RetryAfter, SecondsOrADate) {
  const Timestamp now = *parse_timestamp("2026-11-24T12:03:11Z");
  EXPECT_EQ(parse_retry_after(" 120\r\n", now), 120s);
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("Tue, 24 Nov 2026 12:04:11 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Tue, 24 Nov 2026 11:04:11 GMT", now), 0s);
  for (const char* bad :
       {"", "-1", "soon", "1.5", "9999999999", "Tue, 24 Nov 2026 12:04:11", "Tue, 24 Xyz 2026 12:04:11 GMT",
        "Tue, 99 Nov 2026 12:04:11 GMT", "Tue, 24 anF 2026 12:04:11 GMT"})
    EXPECT_FALSE(parse_retry_after(bad, now)) << bad;
}

TEST(QuietHours, ReadStrictlyAndGoOverMidnight) {
  EXPECT_EQ(parse_quiet_hours("22:00-07:30"), (QuietHours{1320, 450}));
  for (const char* bad : {"", "never", "22:00", "22:00-22:00", "24:00-07:00", "22:60-07:00", "2:00-07:00",
                          "22:00-07:0x", "-1:00-07:00"})
    EXPECT_FALSE(parse_quiet_hours(bad)) << bad;
  const QuietHours night{22 * 60, 7 * 60}, noon{12 * 60, 13 * 60};
  const struct {
    std::optional<QuietHours> hours;
    int minute;
    bool quiet;
  } cases[] = {{night, 1319, false}, {night, 1320, true},     {night, 0, true},  {night, 419, true},
               {night, 420, false},  {noon, 719, false},      {noon, 720, true}, {noon, 779, true},
               {noon, 780, false},   {std::nullopt, 0, false}};
  for (const auto& c : cases) EXPECT_EQ(is_quiet(c.hours, c.minute), c.quiet) << c.minute;
}

}  // namespace
}  // namespace gatewitness::alert
