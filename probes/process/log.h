// SPDX-License-Identifier: Apache-2.0
//
// One line per event on standard error: "gatewitness-capture: warning: br-lan is down". Text that came from
// the wire may be part of a line: everything is escaped before it is written. Made by main, handed down by
// reference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatewitness::process {

enum class LogLevel : uint8_t { kError, kWarning, kInfo, kDebug };

class Log {
 public:
  // Lines above the threshold are not written. fd: where to, standard error unless a test says otherwise.
  explicit Log(std::string program, LogLevel threshold = LogLevel::kInfo, int fd = 2);

  void error(std::string_view text) const { write(LogLevel::kError, text); }
  void warning(std::string_view text) const { write(LogLevel::kWarning, text); }
  void info(std::string_view text) const { write(LogLevel::kInfo, text); }
  void debug(std::string_view text) const { write(LogLevel::kDebug, text); }
  // One write(2) per line, so that the lines of several processes do not mix. At most kMaxLine bytes of text.
  void write(LogLevel level, std::string_view text) const;

  static constexpr std::size_t kMaxLine = 1024;

 private:
  std::string program_;
  LogLevel threshold_;
  int fd_;
};

}  // namespace gatewitness::process
