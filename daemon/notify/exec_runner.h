// SPDX-License-Identifier: Apache-2.0
//
// Runs the commands of exec channels in a process of its own, forked before the sandbox closes: the notifier
// itself may start no process. The helper knows the commands from its start; it can be told which, never
// what. It ends with the notifier. Owned by main.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probes/process/file_descriptor.h"
#include "probes/wire/time.h"

namespace gatewitness::notify {

struct ExecAnswer {
  int status = -1;   // the exit status; 128 + N if killed by signal N; -1: never ran to its end
  std::string said;  // "exit status 1: first line of its output"
};

class ExecRunner {
 public:
  using Done = std::function<void(const ExecAnswer&)>;

  // Before the first thread and the sandbox, after the rights are dropped.
  static std::expected<ExecRunner, std::string> start(const std::vector<std::vector<std::string>>& commands,
                                                      Duration timeout);

  // One after the other; input goes to its standard input.
  void run(std::size_t command, std::string input, Done done);
  void turn();
  int fd() const { return socket_.get(); }

  static constexpr std::size_t kMaxInput = std::size_t{64} << 10;

 private:
  explicit ExecRunner(process::FileDescriptor socket) : socket_(std::move(socket)) {}
  void send_next();

  struct Job {
    std::size_t command;
    std::string input;
    Done done;
  };
  process::FileDescriptor socket_;
  std::deque<Job> jobs_;
  bool busy_ = false;
};

}  // namespace gatewitness::notify
