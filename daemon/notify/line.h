// SPDX-License-Identifier: Apache-2.0
//
// One channel's queue at work: the next alert is handed to its outlet, the answer is waited for, and what it
// means is done. One at a time and in order. Owned by the notifier.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/notify/outlet.h"
#include "daemon/notify/store.h"
#include "probes/process/log.h"

namespace gatewitness::notify {

// Words are told in wall time; waiting must not move with a clock that a gateway sets some time after its
// start.
struct Now {
  Timestamp wall;
  Timestamp steady;
};
Now now();

struct LineSettings {
  Duration max_age;
  Duration group_wait;
  std::optional<alert::QuietHours> quiet_hours;
  std::string click;
  alert::ButtonKey key;
  words::Language language = words::Language::kEnglish;
  bool guard = false;  // alert::Moment
};

class Line {
 public:
  Line(alert::Channel channel, std::unique_ptr<Outlet> outlet, LineSettings settings, Store& store,
       const process::Log& log);
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void turn(const Now& now);
  // Past the queue, told once.
  void send_now(const alert::Alert& alert, const Now& now, Outlet::Done done);
  void note(const Taken& taken, Timestamp steady);
  // Nothing new is sent from here on.
  void close() { closed_ = true; }

  // What the answer is waited for: one alert, or several that go as one message.
  std::vector<int64_t> in_flight() const;
  std::optional<Timestamp> deadline() const;  // steady
  const alert::Channel& channel() const { return channel_; }
  Outlet& outlet() { return *outlet_; }
  nlohmann::json status(const Now& now) const;

 private:
  alert::Moment moment(const alert::Alert& alert, const Now& now) const;
  bool quiet(const Now& now) const;
  std::vector<Delivery> load_next(const Now& now);
  void send(std::vector<Delivery> deliveries, const Now& now);
  void refuse(const std::string& said, const Now& now);
  void finish(const Result& result);
  void fail(const std::string& text, Timestamp wall);
  void check(const std::expected<void, std::string>& noted, Timestamp wall);

  alert::Channel channel_;
  std::unique_ptr<Outlet> outlet_;
  LineSettings settings_;
  Store& store_;
  const process::Log& log_;
  std::vector<Delivery> in_flight_;
  std::optional<Timestamp> group_until_;  // steady: others may come and go with it
  uint32_t tries_ = 0;                    // of the one at the head
  Timestamp not_before_;                  // steady
  bool gone_ = false;
  bool closed_ = false;
  struct {
    uint64_t delivered = 0, refused = 0, expired = 0, overflowed = 0, duplicates = 0, collapsed = 0,
             failed_tries = 0;
  } counts_;
  std::optional<Timestamp> last_delivered_;
  std::string last_error_;
  std::optional<Timestamp> last_error_time_;
};

}  // namespace gatewitness::notify
