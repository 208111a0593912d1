// SPDX-License-Identifier: Apache-2.0
//
// Reads the topic to which the buttons of one ntfy channel speak (a stream of JSON lines that the gateway
// opens itself: no inbound port). What is not a command that this gateway signed, unexpired and unused, is
// refused and counted. Owned by the notifier.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>

#include "daemon/alert/button.h"
#include "daemon/alert/channel.h"
#include "daemon/notify/http.h"
#include "daemon/notify/line.h"
#include "daemon/notify/store.h"
#include "probes/process/log.h"

namespace gatewitness::notify {

class ButtonReader {
 public:
  ButtonReader(const alert::Channel& channel, const alert::ButtonKey& key, Http& http, Store& store,
               const process::Log& log);
  ButtonReader(const ButtonReader&) = delete;
  ButtonReader& operator=(const ButtonReader&) = delete;

  void turn(const Now& now);
  std::optional<Timestamp> deadline() const;  // steady
  // Commands were taken since this was asked last.
  bool take_news() { return std::exchange(news_, false); }
  bool has_news() const { return news_; }
  nlohmann::json status() const;

 private:
  void open();
  void hear(std::string_view data);
  void take_line(const std::string& line);
  void take_command(const std::string& text);
  void refuse(alert::Refusal why, const Now& now);
  void ended(const HttpAnswer& answer);
  void keep_position(const Now& now);

  alert::Channel channel_;
  alert::ButtonKey key_;
  Http& http_;
  Store& store_;
  const process::Log& log_;
  std::string partial_;    // of a line
  bool too_long_ = false;  // and it is skipped to its end
  bool reading_ = false;
  bool news_ = false;
  bool heard_ = false;  // since it was opened
  uint32_t tries_ = 0;
  Timestamp next_open_;  // steady
  std::string position_, kept_;
  Timestamp next_keep_, next_report_;  // steady
  uint64_t accepted_ = 0, unreadable_ = 0, reported_ = 0;
  std::array<uint64_t, 4> refused_{};
  std::string last_error_;
};

}  // namespace gatewitness::notify
