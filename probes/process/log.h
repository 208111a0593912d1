// SPDX-License-Identifier: Apache-2.0
//
// One line per event on standard error: "gatewitness-capture: warning: br-lan is down". Text that came from
// the wire may be part of a line: everything is escaped before it is written. Made by main, handed down by
// reference.
//
// Where somebody keeps levels, they are told: systemd's journal takes "<4>" in front of a line
// (sd-daemon(3)), which is written when standard error is the stream that JOURNAL_STREAM names; procd would
// make everything on standard error an error, so its script sets GATEWITNESS_LOG=syslog, and lines go to
// /dev/log instead.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "probes/process/file_descriptor.h"

namespace gatewitness::process {

enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug };

enum class LogStyle : uint8_t {
  kPlain,    // "program: warning: text"
  kJournal,  // "<4>program: text"
  kSyslog,   // "<28>program[12]: text", one datagram (RFC 3164, as BusyBox's and OpenWrt's logd read it)
};

class Log {
 public:
  // Lines above the threshold are not written. fd: where to, standard error unless a test says otherwise. The
  // style is what the environment asks for; /dev/log is opened here, before there is a sandbox.
  explicit Log(std::string program, LogLevel threshold = LogLevel::kInfo, int fd = 2);
  Log(std::string program, LogLevel threshold, int fd, LogStyle style, const char* socket = "/dev/log");

  void error(std::string_view text) const { write(LogLevel::kError, text); }
  void warning(std::string_view text) const { write(LogLevel::kWarning, text); }
  void info(std::string_view text) const { write(LogLevel::kInfo, text); }
  void debug(std::string_view text) const { write(LogLevel::kDebug, text); }
  // One write(2) per line, so that the lines of several processes do not mix. At most kMaxLine bytes of text.
  void write(LogLevel level, std::string_view text) const;

  static constexpr std::size_t kMaxLine = 1024;

 private:
  bool to_syslog(LogLevel level, std::string_view text) const;

  std::string program_;
  LogLevel threshold_;
  int fd_;
  LogStyle style_;
  int pid_;                                       // asked once: a sandbox may not let us
  std::shared_ptr<const FileDescriptor> syslog_;  // a copy of the log writes to the same
};

// What the environment says of a stream: GATEWITNESS_LOG and JOURNAL_STREAM ("device:inode"); null: not set.
LogStyle log_style(const char* wish, const char* journal_stream, int fd);

}  // namespace gatewitness::process
