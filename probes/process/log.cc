// SPDX-License-Identifier: Apache-2.0
#include "probes/process/log.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "probes/wire/text.h"

namespace gatewitness::process {

Log::Log(std::string program, LogLevel threshold, int fd)
    : program_(std::move(program)), threshold_(threshold), fd_(fd) {}

void Log::write(LogLevel level, std::string_view text) const {
  if (level > threshold_) return;
  static constexpr std::array<std::string_view, 4> kNames = {"error", "warning", "info", "debug"};
  std::string line = program_ + ": ";
  line += kNames[static_cast<std::size_t>(level)];
  line += ": ";
  line += printable(text, kMaxLine);
  line += '\n';
  // A log that cannot be written has nowhere to complain.
  [[maybe_unused]] const auto written = ::write(fd_, line.data(), line.size());
}

}  // namespace gatewitness::process
