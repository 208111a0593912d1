// SPDX-License-Identifier: Apache-2.0
#include "probes/process/memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

namespace gatewitness::process {
namespace {

// Kilobytes of pages of files that this process has mapped.
long file_pages_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  return -1;
}

TEST(GiveBackMemory, UnmapsWhatOnlyStartUpTouchedAndHarmsNothing) {
  const long touched = file_pages_kb();
  ASSERT_GT(touched, 0);
  give_back_memory();
  EXPECT_LT(file_pages_kb(), touched);
  const std::map<std::string, std::string> used = {{"constants", "stay"}, {"code", "runs"}};
  EXPECT_EQ(used.at("constants") + used.at("code"), "stayruns");
}

}  // namespace
}  // namespace gatewitness::process
