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

// Begins at once, and runs beside the test. Forked by the test's one thread: a fork beside another thread's
// work may copy a lock that nobody in the child will open.
class Child {
 public:
  explicit Child(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ == 0) ::_exit(body());
  }
  // Waits: "exit N" or "signal N".
  std::string end() const {
    int status = 0;
    if (pid_ < 0 || ::waitpid(pid_, &status, 0) != pid_) return "no child";
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return "exit " + std::to_string(WEXITSTATUS(status));
  }

 private:
  pid_t pid_;
};

inline std::string in_child(const std::function<int()>& body) {
  return Child(body).end();
}

}  // namespace gatewitness
