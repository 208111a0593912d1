// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

namespace gatewitness::cli {

int complain(const Command& command, std::string_view text, int status) {
  const std::string line = "gatewitness " + std::string(command.name) + ": " + std::string(text) + "\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
  return status;
}

void write_output(std::string_view text) {
  std::signal(SIGPIPE, SIG_DFL);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

int output_failed(const Command& command) {
  if (errno == EPIPE) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  return complain(command, "cannot write to standard output");
}

int end_output(int status) {
  // Either may tell of it: a long text was written, or not, before this.
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  std::fputs("gatewitness: cannot write to standard output\n", stderr);
  return kFailed;
}

}  // namespace gatewitness::cli
