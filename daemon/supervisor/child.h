// SPDX-License-Identifier: Apache-2.0
//
// One supervised program: started, waited for, started again after a pause that doubles. Private to this
// folder. Time is passed in; only start() and end() touch the world.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "probes/wire/time.h"

namespace gatewitness::supervisor {

// How long to wait before the next start: 1 s, doubled up to 30 s, from the beginning again after a run of 60
// s.
class Backoff {
 public:
  Duration after_run_of(Duration run);

 private:
  Duration next_ = std::chrono::seconds(1);
};

class Child {
 public:
  // command: path and arguments.
  Child(std::string name, std::vector<std::string> command);

  // The child dies with this process (PR_SET_PDEATHSIG until it changes its user, then warden.h), has its
  // signals unblocked, and writes where we do.
  std::expected<void, std::string> start(Timestamp now);
  // It has ended, as waitpid() said. Gives a line for the log.
  std::string ended(int status, Timestamp now);
  void signal(int number) const;

  const std::string& name() const { return name_; }
  const std::vector<std::string>& command() const { return command_; }
  pid_t pid() const { return pid_; }  // 0: not running
  bool running() const { return pid_ != 0; }
  // When to start it (again); nothing while it runs.
  std::optional<Timestamp> due() const { return due_; }
  void start_at(Timestamp time) { due_ = time; }

 private:
  std::string name_;
  std::vector<std::string> command_;
  pid_t pid_ = 0;
  Timestamp started_;
  std::optional<Timestamp> due_;
  Backoff backoff_;
};

}  // namespace gatewitness::supervisor
