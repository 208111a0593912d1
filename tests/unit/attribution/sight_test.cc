// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/sight.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart{std::chrono::seconds(1'790'000'000)};

TEST(Sight, AHoleInTheSequenceIsAKnownLoss) {
  Sight sight;
  EXPECT_TRUE(sight.heard({"capture", 1, 0, kStart}, kStart));
  EXPECT_TRUE(sight.heard({"capture", 1, 4, kStart + 2s}, kStart + 2s));
  EXPECT_EQ(sight.probes().at("capture").lost, 3U);
  const auto gaps = sight.between(kStart, kStart + 1s, "br-lan");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].gap.reason, wire::GapReason::kSequence);
  EXPECT_EQ(gaps[0].gap.count, 3U);
  EXPECT_TRUE(sight.between(kStart + 3s, kStart + 4s, "br-lan").empty());
}

TEST(Sight, ANumberThatWasThereBeforeIsRefused) {
  Sight sight;
  EXPECT_TRUE(sight.heard({"capture", 1, 5, kStart}, kStart));
  EXPECT_FALSE(sight.heard({"capture", 1, 5, kStart}, kStart));
  EXPECT_FALSE(sight.heard({"capture", 1, 4, kStart}, kStart));
  EXPECT_EQ(sight.refused(), 2U);
}

TEST(Sight, ARestartHidesWhatWasBetween) {
  Sight sight;
  (void)sight.heard({"capture", 1, 0, kStart}, kStart);
  (void)sight.heard({"capture", 2, 0, kStart + 20s}, kStart + 20s);
  EXPECT_EQ(sight.probes().at("capture").restarts, 1U);
  EXPECT_EQ(sight.between(kStart + 5s, kStart + 6s, "").size(), 1U);
  EXPECT_TRUE(sight.between(kStart + 21s, kStart + 22s, "").empty());
}

TEST(Sight, AGapOfOneInterfaceDoesNotConcernAnother) {
  Sight sight;
  sight.gap("capture", {"br-guest", kStart, kStart + 9s, wire::GapReason::kKernelDrop, 7});
  EXPECT_TRUE(sight.between(kStart, kStart + 1s, "br-lan").empty());
  EXPECT_EQ(sight.between(kStart, kStart + 1s, "br-guest").size(), 1U);
  EXPECT_EQ(sight.between(kStart, kStart + 1s, "").size(), 1U) << "whoever asks of all";
}

TEST(Sight, AFirstStartHidesNothing) {
  Sight sight;
  sight.gap("capture", {"", kStart, kStart, wire::GapReason::kProbeStart, 0});
  EXPECT_TRUE(sight.between(kStart, kStart, "").empty());
}

TEST(Sight, IsBounded) {
  Sight sight;
  for (std::size_t i = 0; i < Sight::kMaxProbes; ++i)
    EXPECT_TRUE(sight.heard({"p" + std::to_string(i), 1, 0, kStart}, kStart));
  EXPECT_FALSE(sight.heard({"one-too-many", 1, 0, kStart}, kStart));
  EXPECT_TRUE(sight.heard({"p0", 1, 1, kStart}, kStart)) << "who is known goes on";
  for (std::size_t i = 0; i < Sight::kMaxGaps + 1; ++i)
    sight.gap("p0", {"", kStart + i * 1s, kStart + i * 1s, wire::GapReason::kKernelDrop, 1});
  EXPECT_EQ(sight.gaps().size(), Sight::kMaxGaps);
  EXPECT_EQ(sight.gaps().front().gap.from, kStart + 1s) << "the oldest goes";
}

}  // namespace
}  // namespace gatewitness
