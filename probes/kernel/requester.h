// SPDX-License-Identifier: Apache-2.0
//
// The one who may ask the kernel for its connection table. nfnetlink wants CAP_NET_ADMIN from whoever sends,
// for each message, even for a dump and on a socket that is open already; the process that reads the answers
// has no rights left. So a child, forked before they are dropped, keeps that one capability. It lives under
// seccomp's strict mode, or a filter that says the same: it can read, write and end, nothing else. It reads
// one byte from a pipe, writes the same prepared request to the shared socket, and never looks at an answer.
// It ends when the pipe does, so not even kill -9 of its parent leaves it behind.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "probes/process/file_descriptor.h"
#include "probes/process/privileges.h"

namespace gatewitness::kernel {

class Requester {
 public:
  // Forks: before any thread exists. user: whom the child becomes (nobody else, if there is none).
  // allow_no_seccomp: go on where the kernel has no strict mode. Comes back once the child is confined.
  static std::expected<Requester, std::string> start(int netlink_fd, std::span<const uint8_t> request,
                                                     const std::optional<process::User>& user,
                                                     bool allow_no_seccomp);

  // Asks for the request to be sent once. False: the child is gone.
  bool ask();
  // poll(2) says POLLERR here when the child is gone.
  int fd() const { return pipe_.get(); }
  pid_t pid() const { return pid_; }

 private:
  Requester(process::FileDescriptor pipe, pid_t pid) : pipe_(std::move(pipe)), pid_(pid) {}

  process::FileDescriptor pipe_;
  pid_t pid_;
};

}  // namespace gatewitness::kernel
