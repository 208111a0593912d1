// SPDX-License-Identifier: Apache-2.0
//
// Ends the children if the supervisor itself is killed. PR_SET_PDEATHSIG alone does not: the kernel forgets
// it when a child changes its user, as all of ours do. A small process of its own waits for the end of a
// pipe, which comes however the supervisor ends. Made before the first child; owned by the supervisor.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <utility>

#include "probes/process/file_descriptor.h"

namespace gatewitness::supervisor {

class Warden {
 public:
  static std::expected<Warden, std::string> start();

  void watch(pid_t child) const { tell(child); }
  void forget(pid_t child) const { tell(-child); }

 private:
  explicit Warden(process::FileDescriptor pipe) : pipe_(std::move(pipe)) {}
  void tell(pid_t message) const;

  process::FileDescriptor pipe_;
};

}  // namespace gatewitness::supervisor
