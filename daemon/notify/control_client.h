// SPDX-License-Identifier: Apache-2.0
//
// Questions to the daemon (daemon/control/README.md) that do not hold up the loop: one at a time, the others
// wait. Owned by the notifier.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "probes/process/zmq_socket.h"
#include "probes/wire/time.h"

namespace gatewitness::notify {

class ControlClient {
 public:
  // The "data", or one line: what the daemon said, or that it does not answer.
  using Done = std::function<void(const std::expected<nlohmann::json, std::string>&)>;

  static std::expected<ControlClient, std::string> connect(process::ZmqContext& context,
                                                           const std::string& run_dir);

  void ask(const nlohmann::json& request, Done done);
  void turn(Timestamp steady);
  bool idle() const { return questions_.empty(); }
  // A late answer to a question that was given up is nobody's: it goes with the next question.
  bool readable() const { return socket_.readable() && until_.has_value(); }
  int fd() const { return socket_.fd(); }
  std::optional<Timestamp> deadline() const { return until_; }

  static constexpr Duration kPatience = std::chrono::seconds(5);

 private:
  explicit ControlClient(process::ZmqSocket socket) : socket_(std::move(socket)) {}
  void finish(const std::expected<nlohmann::json, std::string>& answer);

  struct Question {
    std::string text;
    Done done;
  };
  process::ZmqSocket socket_;
  std::deque<Question> questions_;
  std::optional<Timestamp> until_;  // asked, and waiting
};

}  // namespace gatewitness::notify
