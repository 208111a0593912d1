// SPDX-License-Identifier: Apache-2.0
//
// The notifier's loop: alerts from the daemon into the queue, the queue to the channels, buttons to the
// daemon, and test-alert. One thread, one "now" a turn. Made by main.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "daemon/alert/channel.h"
#include "daemon/notify/button_reader.h"
#include "daemon/notify/control_client.h"
#include "daemon/notify/exec_runner.h"
#include "daemon/notify/http.h"
#include "daemon/notify/line.h"
#include "daemon/notify/status_file.h"
#include "daemon/notify/store.h"
#include "probes/process/log.h"
#include "probes/process/service_manager.h"
#include "probes/process/signals.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::notify {

struct Parts {
  alert::NotifyOptions options;  // with secrets
  std::string run_dir, state_dir;
  alert::ButtonKey key;
  bool guard;  // is enabled
  Store store;
  Http http;
  ControlClient control;
  process::ZmqSocket events;    // SUB
  process::ZmqSocket requests;  // ROUTER
  std::optional<ExecRunner> exec;
};

class Notifier {
 public:
  // The error names a channel that cannot be.
  static std::expected<std::unique_ptr<Notifier>, std::string> create(Parts parts, const process::Log& log);

  // Until a signal that asks to stop. What is on its way then is sent again after the next start. manager: is
  // told that the loop turns, and that the end has begun.
  void run(process::SignalQueue& signals, process::ServiceManager& manager);

 private:
  struct TestRun;
  Notifier(Parts parts, const process::Log& log);

  bool busy() const;
  void wait(process::SignalQueue& signals, const std::optional<Timestamp>& alive);
  void turn(const Now& now);
  void finish();
  void hear_events();
  void ask_for_alerts(const Now& now);
  void take_alerts(const nlohmann::json& data, uint64_t after);
  void ask_for_incidents(const Now& now);
  void answer_requests(const Now& now);
  void begin_test(std::vector<std::vector<uint8_t>> envelope, const std::string& channel, const Now& now);
  void reply(std::vector<std::vector<uint8_t>>& envelope, const nlohmann::json& answer);
  void give_commands(const Now& now);
  void tell(const PendingCommand& command, const std::string& text);
  void write_status(const Now& now);

  Parts parts_;
  const process::Log& log_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<std::unique_ptr<ButtonReader>> readers_;
  StatusFile status_;
  bool alerts_wanted_ = true;
  bool asking_ = false;
  bool first_start_ = false;
  bool shows_states_ = false;  // one of the channels does
  bool states_wanted_ = false;
  bool asking_states_ = false;
  bool commanding_ = false;
  Timestamp next_poll_, next_states_, next_command_;  // steady
  std::optional<std::string> daemon_error_;
  uint64_t malformed_ = 0;
};

}  // namespace gatewitness::notify
