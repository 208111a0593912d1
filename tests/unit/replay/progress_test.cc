// SPDX-License-Identifier: Apache-2.0
#include "daemon/replay/progress.h"

#include <gtest/gtest.h>

#include "daemon/cli/layout.h"

namespace gatewitness::replay {
namespace {

TEST(ProgressLine, SaysHowFar) {
  EXPECT_EQ(progress_line("home.pcap", 0, 1000, 0), "home.pcap  [....................] 0 %  0 frames");
  EXPECT_EQ(progress_line("home.pcap", 500, 1000, 1234),
            "home.pcap  [##########..........] 50 %  1,234 frames");
  EXPECT_EQ(progress_line("home.pcap", 999, 1000, 9), "home.pcap  [###################.] 99 %  9 frames");
  EXPECT_EQ(progress_line("home.pcap", 1000, 1000, 9), "home.pcap  [####################] 100 %  9 frames");
}

TEST(ProgressLine, AFileThatGrewMeanwhileIsAtItsEnd) {
  EXPECT_EQ(progress_line("home.pcap", 2000, 1000, 9), "home.pcap  [####################] 100 %  9 frames");
}

TEST(ProgressLine, OfAPipeOnlyTheAmountIsKnown) {
  EXPECT_EQ(progress_line("-", std::uint64_t{5} << 20, 0, 42), "-  5 MiB  42 frames");
}

TEST(ProgressLine, ShowsTheFileWithoutItsFolders) {
  EXPECT_TRUE(progress_line("/var/tmp/home.pcap", 1, 2, 3).starts_with("home.pcap  "));
}

TEST(ProgressLine, FitsALineWhateverTheFileIsCalled) {
  const std::string names[] = {std::string(200, 'n'), "\033[2J" + std::string(200, '\a'),
                               "冷蔵庫冷蔵庫冷蔵庫冷蔵庫"};
  for (const auto& name : names) {
    const std::string line = progress_line(name, UINT64_MAX, UINT64_MAX, 999'999'999'999);
    EXPECT_LE(cli::columns(line), 79u) << line;
    EXPECT_EQ(line.find_first_of("\033\a\n\r"), std::string::npos) << line;
  }
}

TEST(ProgressBar, DrawsNothingWhereStandardErrorIsNoTerminal) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar(true);
    bar.show("home.pcap", 1, 2, 3);
    bar.clear();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace gatewitness::replay
