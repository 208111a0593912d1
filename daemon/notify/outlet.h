// SPDX-License-Identifier: Apache-2.0
//
// One channel as something that an alert can be handed to. What became of it is told later, from the loop.
// Made by make_outlet(); owned by the notifier.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "daemon/alert/alert.h"
#include "daemon/alert/channel.h"
#include "daemon/alert/message.h"
#include "daemon/alert/schedule.h"

namespace gatewitness::notify {

class Http;
class ExecRunner;

struct Result {
  alert::Outcome outcome = alert::Outcome::kRetry;
  std::string said;  // for a person, without secrets, harmless: "HTTP 200: {...}"
  std::optional<Duration> retry_after;
  bool answered = false;  // somebody is there
  bool gone = false;      // and will never take anything again (a push subscription that ended)
};

class Outlet {
 public:
  using Done = std::function<void(const Result&)>;

  virtual ~Outlet() = default;
  // done is called once, from the loop; perhaps at once.
  virtual void send(const alert::Alert& alert, const alert::Moment& moment, Done done) = 0;
  // Called once in each turn of the loop.
  virtual void turn(Timestamp /*steady*/) {}
  // What the daemon now says of its incidents, for a channel that shows a state. True: it wants to know.
  virtual bool shows_state() const { return false; }
  virtual void show(const nlohmann::json& /*incidents*/, words::Language /*in*/) {}
  // To wake the loop; -1: none.
  virtual int fd() const { return -1; }
  // For the status file: what a person needs to set the channel up; without secrets.
  virtual nlohmann::json details() const;
};

struct OutletParts {
  Http& http;
  ExecRunner* exec = nullptr;  // where a channel needs it
  std::size_t exec_index = 0;  // of this channel's command
  Duration timeout;
  std::string state_dir;
  std::vector<std::string> secrets;  // of all channels: a server may know several
};

// The error is one line, without the channel's name.
std::expected<std::unique_ptr<Outlet>, std::string> make_outlet(const alert::Channel& channel,
                                                                const OutletParts& parts);

// What an HTTP answer means, in words without the secrets.
Result result_of(int status, const std::string& error, const std::string& body,
                 const std::string& retry_after, bool redirect, const std::vector<std::string>& secrets);

}  // namespace gatewitness::notify
