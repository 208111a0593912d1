// SPDX-License-Identifier: Apache-2.0
#include "probes/process/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "probes/process/file_descriptor.h"
#include "tests/unit/process/temporary_folder.h"

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

TEST_F(LogTest, TellsTheJournalTheLevel) {
  const Log log("tool", LogLevel::kDebug, write_.get(), LogStyle::kJournal);
  log.error("a");
  log.warning("b");
  log.info("c\n<0>forged");
  log.debug("d");
  EXPECT_EQ(written(), "<3>tool: a\n<4>tool: b\n<6>tool: c\\x0a<0>forged\n<7>tool: d\n");
}

TEST_F(LogTest, TellsSyslogTheLevel) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/log";
  const FileDescriptor listener(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const Log log("tool", LogLevel::kInfo, write_.get(), LogStyle::kSyslog, path.c_str());
  const Log copy = log;
  copy.warning("br-lan is down\n<0>forged");
  std::array<char, 256> buffer{};
  const ssize_t got = ::read(listener.get(), buffer.data(), buffer.size());
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(buffer.data(), static_cast<std::size_t>(got)),
            "<28>tool[" + std::to_string(::getpid()) + "]: br-lan is down\\x0a<0>forged");
  EXPECT_EQ(written(), "") << "said once";
}

TEST_F(LogTest, WithoutSyslogItIsHeardAllTheSame) {
  const Log log("tool", LogLevel::kInfo, write_.get(), LogStyle::kSyslog, "/nonexistent/log");
  log.info("here");
  EXPECT_EQ(written(), "tool: info: here\n");
}

TEST_F(LogTest, TheEnvironmentSaysWhoListens) {
  struct stat status {};
  ASSERT_EQ(::fstat(write_.get(), &status), 0);
  const std::string ours = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  EXPECT_EQ(log_style(nullptr, nullptr, write_.get()), LogStyle::kPlain);
  EXPECT_EQ(log_style(nullptr, ours.c_str(), write_.get()), LogStyle::kJournal);
  EXPECT_EQ(log_style(nullptr, "8:15", write_.get()), LogStyle::kPlain) << "redirected since";
  EXPECT_EQ(log_style("syslog", ours.c_str(), write_.get()), LogStyle::kSyslog);
  EXPECT_EQ(log_style("loud", nullptr, write_.get()), LogStyle::kPlain);
}

TEST_F(LogTest, CutsLongLines) {
  const Log log("tool", LogLevel::kInfo, write_.get());
  log.info(std::string(5000, 'x'));
  EXPECT_LE(written().size(), Log::kMaxLine + 32);
}

}  // namespace
}  // namespace gatewitness::process
