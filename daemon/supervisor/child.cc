// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/child.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "daemon/config/values.h"

namespace gatewitness::supervisor {
namespace {

using namespace std::chrono_literals;

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* arguments, pid_t parent) {
  // Our own process group: a Ctrl-C on the terminal reaches the supervisor alone, which ends all in order.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // the parent died before that took effect
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return std::string("was killed by signal ") + std::to_string(number) + " (" + ::strsignal(number) + ")";
  }
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Duration Backoff::after_run_of(Duration run) {
  if (run >= 60s) next_ = 1s;
  return std::exchange(next_, std::min<Duration>(next_ * 2, 30s));
}

Child::Child(std::string name, std::vector<std::string> command)
    : name_(std::move(name)), command_(std::move(command)) {}

std::expected<void, std::string> Child::start(Timestamp now) {
  due_.reset();
  std::vector<char*> arguments;
  arguments.reserve(command_.size() + 1);
  for (auto& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(arguments.data(), parent);
  if (pid < 0) {
    due_ = now + backoff_.after_run_of(Duration(0));
    return std::unexpected(name_ + " cannot be started: " + std::strerror(errno));
  }
  pid_ = pid;
  started_ = now;
  return {};
}

std::string Child::ended(int status, Timestamp now) {
  pid_ = 0;
  const Duration pause = backoff_.after_run_of(now - started_);
  due_ = now + pause;
  return name_ + " " + how_it_ended(status) + "; it starts again in " + config::duration_text(pause);
}

void Child::signal(int number) const {
  if (running()) ::kill(pid_, number);
}

}  // namespace gatewitness::supervisor
