// SPDX-License-Identifier: Apache-2.0
#include "probes/process/log.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "probes/wire/text.h"

namespace gatewitness::process {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"error", "warning", "info", "debug"};
constexpr std::array<int, 4> kSeverities = {3, 4, 6, 7};  // syslog(3)
constexpr int kDaemonFacility = 3 << 3;

int severity_of(LogLevel level) {
  return kSeverities[static_cast<std::size_t>(level)];
}

FileDescriptor connect_to(const char* path) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!socket.is_open() || std::strlen(path) >= sizeof address.sun_path) return {};
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

}  // namespace

LogStyle log_style(const char* wish, const char* journal_stream, int fd) {
  if (wish != nullptr && std::string_view(wish) == "syslog") return LogStyle::kSyslog;
  struct stat status {};
  if (journal_stream == nullptr || ::fstat(fd, &status) != 0) return LogStyle::kPlain;
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  return stream == journal_stream ? LogStyle::kJournal : LogStyle::kPlain;
}

Log::Log(std::string program, LogLevel threshold, int fd)
    : Log(std::move(program), threshold, fd,
          log_style(std::getenv("GATEWITNESS_LOG"), std::getenv("JOURNAL_STREAM"), fd)) {}

Log::Log(std::string program, LogLevel threshold, int fd, LogStyle style, const char* socket)
    : program_(std::move(program)), threshold_(threshold), fd_(fd), style_(style), pid_(::getpid()) {
  if (style_ != LogStyle::kSyslog) return;
  if (auto connected = connect_to(socket); connected.is_open())
    syslog_ = std::make_shared<const FileDescriptor>(std::move(connected));
}

bool Log::to_syslog(LogLevel level, std::string_view text) const {
  if (!syslog_) return false;
  std::string line = "<" + std::to_string(kDaemonFacility | severity_of(level)) + ">" + program_ + "[" +
                     std::to_string(pid_) + "]: ";
  line += printable(text, kMaxLine);
  return ::write(syslog_->get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

void Log::write(LogLevel level, std::string_view text) const {
  // Nobody at /dev/log: better without a level than unheard.
  if (level > threshold_ || (style_ == LogStyle::kSyslog && to_syslog(level, text))) return;
  std::string line;
  if (style_ == LogStyle::kJournal) line = "<" + std::to_string(severity_of(level)) + ">";
  line += program_;
  line += ": ";
  if (style_ != LogStyle::kJournal) {
    line += kNames[static_cast<std::size_t>(level)];
    line += ": ";
  }
  line += printable(text, kMaxLine);
  line += '\n';
  // A log that cannot be written has nowhere to complain.
  [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
}

}  // namespace gatewitness::process
