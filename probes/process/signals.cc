// SPDX-License-Identifier: Apache-2.0
#include "probes/process/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace gatewitness::process {

std::expected<SignalQueue, std::string> SignalQueue::open(std::initializer_list<int> signals) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : signals) sigaddset(&wanted, signal);
  FileDescriptor fd(signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.is_open()) return std::unexpected(std::string("cannot make a signalfd: ") + std::strerror(errno));
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &wanted, &before);
  return SignalQueue(std::move(fd), before);
}

SignalQueue::SignalQueue(SignalQueue&&) noexcept = default;

SignalQueue::~SignalQueue() {
  if (fd_.is_open()) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalQueue::take() {
  signalfd_siginfo info;
  if (::read(fd_.get(), &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace gatewitness::process
