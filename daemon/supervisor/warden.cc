// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/warden.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>

#include "probes/process/memory.h"

namespace gatewitness::supervisor {
namespace {

constexpr int kTicks = 20;
constexpr int kTickMs = 100;  // 2 s between SIGTERM and SIGKILL

void end_children(const std::set<pid_t>& children) {
  for (const pid_t child : children) ::kill(child, SIGTERM);
  for (int tick = 0; tick < kTicks; ++tick) {
    bool any = false;
    for (const pid_t child : children) any |= ::kill(child, 0) == 0;
    if (!any) return;
    ::poll(nullptr, 0, kTickMs);
  }
  for (const pid_t child : children) ::kill(child, SIGKILL);
}

// A positive number is a child to watch, a negative one a child that has ended.
[[noreturn]] void stand_by(int pipe) {
  ::setsid();  // out of reach of the terminal's signals
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_IGN);
  ::prctl(PR_SET_NAME, "gatewitness-end");
  process::give_back_memory();
  std::set<pid_t> children;
  pid_t message = 0;
  while (true) {
    const ssize_t got = ::read(pipe, &message, sizeof message);
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof message)) break;
    if (message > 0) children.insert(message);
    if (message < 0) children.erase(-message);
  }
  end_children(children);
  ::_exit(0);
}

}  // namespace

std::expected<Warden, std::string> Warden::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(std::string("pipe: ") + std::strerror(errno));
  process::FileDescriptor reading(ends[0]);
  process::FileDescriptor writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(std::string("fork: ") + std::strerror(errno));
  if (pid == 0) {
    writing.reset();
    stand_by(reading.get());
  }
  return Warden(std::move(writing));
}

// Less than PIPE_BUF: whole or not at all. If the warden is gone, so be it: SIGPIPE is ignored here.
void Warden::tell(pid_t message) const {
  (void)!::write(pipe_.get(), &message, sizeof message);
}

}  // namespace gatewitness::supervisor
