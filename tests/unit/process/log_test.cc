// SPDX-License-Identifier: Apache-2.0
#include "probes/process/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "probes/process/file_descriptor.h"

namespace gatewitness::process {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_NONBLOCK), 0);
    read_.reset(ends[0]);
    write_.reset(ends[1]);
  }
  std::string written() {
    std::array<char, 8192> buffer{};
    const ssize_t got = ::read(read_.get(), buffer.data(), buffer.size());
    return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
  }
  FileDescriptor read_, write_;
};

TEST_F(LogTest, WritesOneLineWithProgramAndLevel) {
  const Log log("tool", LogLevel::kInfo, write_.get());
  log.warning("br-lan is down");
  EXPECT_EQ(written(), "tool: warning: br-lan is down\n");
}

TEST_F(LogTest, EscapesWhatWouldDriveATerminalOrForgeALine) {
  const Log log("tool", LogLevel::kInfo, write_.get());
  log.error("a\x1b[31m\ntool: info: forged");
  const std::string line = written();
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST_F(LogTest, LeavesOutWhatIsAboveTheThreshold) {
  const Log log("tool", LogLevel::kWarning, write_.get());
  log.info("chatter");
  log.debug("chatter");
  EXPECT_EQ(written(), "");
}

TEST_F(LogTest, CutsLongLines) {
  const Log log("tool", LogLevel::kInfo, write_.get());
  log.info(std::string(5000, 'x'));
  EXPECT_LE(written().size(), Log::kMaxLine + 32);
}

}  // namespace
}  // namespace gatewitness::process
