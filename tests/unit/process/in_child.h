// SPDX-License-Identifier: Apache-2.0
//
// Runs something in a process of its own and says how that process ended: rights that are given up, and calls
// that kill, must not be the test's own.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace gatewitness {

// "exit N" or "signal N".
inline std::string in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return "no child";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

}  // namespace gatewitness
