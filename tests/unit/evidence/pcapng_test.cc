// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/pcapng.h"

#include <gtest/gtest.h>

namespace gatewitness::evidence {
namespace {

TimedFrame frame(std::string interface, uint16_t link, std::string bytes, uint32_t length) {
  TimedFrame timed;
  timed.time = Timestamp(std::chrono::seconds(1'795'000'000));
  timed.frame.interface = std::move(interface);
  timed.frame.link = link;
  timed.frame.bytes = std::move(bytes);
  timed.frame.length = length;
  return timed;
}

TEST(Pcapng, CountsWhatWasWritten) {
  EXPECT_EQ(count_frames(to_pcapng({})), 0U);
  const auto file =
      to_pcapng({frame("br-lan", 1, "12345", 60), frame("br-guest", 1, "", 0), frame("br-lan", 101, "x", 1)});
  EXPECT_EQ(count_frames(file), 3U);
}

TEST(Pcapng, WhatIsNoneIsNone) {
  const auto file = to_pcapng({frame("br-lan", 1, "12345", 60)});
  EXPECT_FALSE(count_frames(""));
  EXPECT_FALSE(count_frames("not a capture at all, but long enough"));
  for (std::size_t cut = 1; cut < file.size(); ++cut) {
    const auto count = count_frames(std::string_view(file).substr(0, cut));
    EXPECT_TRUE(!count || *count == 0) << cut << ": whole blocks only";
  }
  std::string lies = file;
  lies[4] = '\x7f';
  EXPECT_FALSE(count_frames(lies));
}

}  // namespace
}  // namespace gatewitness::evidence
