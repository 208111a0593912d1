// SPDX-License-Identifier: Apache-2.0
//
// Signals as something that poll(2) can wait for (signalfd). Made by main before any thread exists, so that
// all threads inherit the mask; SIGPIPE is ignored on the way. The destructor gives the old mask back.
#pragma once

#include <csignal>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "probes/process/file_descriptor.h"

namespace gatewitness::process {

class SignalQueue {
 public:
  // Blocks these signals for the process and queues them here.
  static std::expected<SignalQueue, std::string> open(std::initializer_list<int> signals);
  // What ends a probe: SIGTERM, SIGINT, SIGHUP.
  static std::expected<SignalQueue, std::string> open_stop() { return open({SIGTERM, SIGINT, SIGHUP}); }

  SignalQueue(SignalQueue&&) noexcept;
  SignalQueue& operator=(SignalQueue&&) = delete;
  ~SignalQueue();

  // Readable when take() has something.
  int fd() const { return fd_.get(); }
  // The next signal's number; never blocks.
  std::optional<int> take();

 private:
  SignalQueue(FileDescriptor fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}

  FileDescriptor fd_;
  sigset_t before_;
};

}  // namespace gatewitness::process
