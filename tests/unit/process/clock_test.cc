// SPDX-License-Identifier: Apache-2.0
#include "probes/process/clock.h"

#include <gtest/gtest.h>

namespace gatewitness::process {
namespace {

using namespace std::chrono_literals;

TEST(PollTimeout, IsTheEarliestDeadlineRoundedUp) {
  const Timestamp now{1'000'000s};
  struct Case {
    const char* name;
    std::optional<Timestamp> first;
    std::optional<Timestamp> second;
    int want;
  };
  const Case cases[] = {
      {"none", std::nullopt, std::nullopt, 1000},
      {"passed", now - 1us, std::nullopt, 0},
      {"now", now, std::nullopt, 0},
      {"a microsecond ahead is not zero", now + 1us, std::nullopt, 1},
      {"exact milliseconds", now + 250ms, std::nullopt, 250},
      {"the second is earlier", now + 250ms, now + 10ms, 10},
      {"beyond the longest", now + 1h, std::nullopt, 1000},
      {"the end of time does not wrap", Timestamp::max(), Timestamp::max(), 1000},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(poll_timeout_ms(now, c.first, c.second, 1000ms), c.want);
  }
}

TEST(PollTimeout, OfAClockBeforeTheEpoch) {
  EXPECT_EQ(poll_timeout_ms(Timestamp{-5s}, Timestamp::max(), std::nullopt, 1000ms), 1000);
}

}  // namespace
}  // namespace gatewitness::process
