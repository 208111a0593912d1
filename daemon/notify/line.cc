// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/line.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "probes/process/clock.h"
#include "probes/process/publisher.h"  // random_u64

namespace gatewitness::notify {
namespace {

using nlohmann::json;

std::tm local(Timestamp time) {
  const auto seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm broken{};
  (void)::localtime_r(&seconds, &broken);
  return broken;
}

// In [0, 1): so that many gateways do not come back to a server together.
double chance() {
  return static_cast<double>(process::random_u64() >> 11) / static_cast<double>(uint64_t{1} << 53);
}

json time_or_null(const std::optional<Timestamp>& time) {
  return time ? json(to_string(*time)) : json(nullptr);
}

}  // namespace

Now now() {
  return {process::wall_clock_now(),
          Timestamp(std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch()))};
}

Line::Line(alert::Channel channel, std::unique_ptr<Outlet> outlet, LineSettings settings, Store& store,
           const process::Log& log)
    : channel_(std::move(channel)),
      outlet_(std::move(outlet)),
      settings_(std::move(settings)),
      store_(store),
      log_(log) {}

alert::Moment Line::moment(const alert::Alert& alert, const Now& now) const {
  alert::Moment moment;
  moment.now = now.wall;
  moment.language = settings_.language;
  moment.utc_offset_s = static_cast<int>(local(alert.time).tm_gmtoff);
  moment.click = settings_.click;
  moment.guard = settings_.guard;
  if (!channel_.buttons_topic.empty()) moment.buttons = settings_.key;
  return moment;
}

bool Line::quiet(const Now& now) const {
  const std::tm time = local(now.wall);
  const auto& hours = channel_.own_quiet_hours ? channel_.quiet_hours : settings_.quiet_hours;
  return alert::is_quiet(hours, time.tm_hour * 60 + time.tm_min);
}

// Those that can be sent together, without those that are too old or cannot be read.
std::vector<Delivery> Line::load_next(const Now& now) {
  const std::size_t most =
      alert::is_grouped(channel_.type) && settings_.group_wait > Duration(0) ? alert::kMaxGroup : 1;
  std::vector<Delivery> deliveries;
  while (deliveries.empty()) {
    const auto ids = alert::next_of(store_.waiting(channel_.name), quiet(now), most);
    if (ids.empty()) break;
    for (const int64_t id : ids) {
      auto delivery = store_.load(id);
      if (delivery && now.wall - delivery->alert.time <= settings_.max_age) {
        deliveries.push_back(std::move(*delivery));
        continue;
      }
      if (delivery) ++counts_.expired;
      fail(delivery ? "an alert of " + to_string(delivery->alert.time) +
                          " could not be delivered in time and is dropped"
                    : "a waiting alert could not be read and is dropped",
           now.wall);
      check(store_.dropped(channel_.name, id), now.wall);
      tries_ = 0;
    }
  }
  return deliveries;
}

void Line::send(std::vector<Delivery> deliveries, const Now& now) {
  in_flight_ = std::move(deliveries);
  group_until_.reset();
  std::vector<alert::Alert> alerts;
  uint32_t collapsed = 0;
  for (const auto& delivery : in_flight_) {
    alerts.push_back(delivery.alert);
    collapsed += delivery.collapsed;
  }
  // By value: the answer may come at once, and ends what is in flight.
  const alert::Alert alert = alert::grouped(alerts, settings_.language);
  auto when = moment(alert, now);
  when.collapsed = collapsed;
  when.epoch = in_flight_.front().epoch;
  outlet_->send(alert, when, [this](const Result& result) { finish(result); });
}

void Line::turn(const Now& now) {
  outlet_->turn(now.steady);
  if (!in_flight_.empty() || gone_ || closed_ || now.steady < not_before_) return;
  if (group_until_ && now.steady < *group_until_) return;
  if (auto deliveries = load_next(now); !deliveries.empty()) send(std::move(deliveries), now);
}

void Line::refuse(const std::string& said, const Now& now) {
  for (const auto& delivery : in_flight_) {
    ++counts_.refused;
    check(store_.dropped(channel_.name, delivery.id), now.wall);
  }
  fail(said + "; " +
           (gone_ ? "nothing is sent there any more"
                  : "alert " + std::to_string(in_flight_.back().alert.number) + " is not sent there again"),
       now.wall);
}

void Line::finish(const Result& result) {
  const Now at = now();
  switch (result.outcome) {
    case alert::Outcome::kDelivered:
      counts_.delivered += in_flight_.size();
      tries_ = 0;
      last_delivered_ = at.wall;
      last_error_.clear();
      last_error_time_.reset();
      check(store_.delivered(channel_.name, in_flight_), at.wall);
      log_.info(
          "channel " + channel_.name + ": alert " + std::to_string(in_flight_.back().alert.number) +
          (in_flight_.size() > 1 ? " and " + std::to_string(in_flight_.size() - 1) + " before it" : "") +
          " delivered, " + result.said);
      break;
    case alert::Outcome::kRetry: {
      ++counts_.failed_tries;
      const Duration wait = alert::backoff(++tries_, result.answered, result.retry_after, chance());
      not_before_ = at.steady + wait;
      fail(result.said + "; tried again in " +
               std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) + " s",
           at.wall);
      break;
    }
    case alert::Outcome::kRefused:
      tries_ = 0;
      gone_ = result.gone;
      refuse(result.said, at);
      break;
  }
  in_flight_.clear();
}

void Line::send_now(const alert::Alert& alert, const Now& now, Outlet::Done done) {
  outlet_->send(alert, moment(alert, now), std::move(done));
}

void Line::note(const Taken& taken, Timestamp steady) {
  if (taken.queued > 0 && !group_until_ && alert::is_grouped(channel_.type))
    group_until_ = steady + settings_.group_wait;
  counts_.duplicates += taken.duplicates;
  counts_.collapsed += taken.collapsed;
  counts_.overflowed += taken.overflowed;
}

void Line::fail(const std::string& text, Timestamp wall) {
  last_error_ = text;
  last_error_time_ = wall;
  log_.warning("channel " + channel_.name + ": " + text);
}

void Line::check(const std::expected<void, std::string>& noted, Timestamp wall) {
  if (!noted) fail(noted.error(), wall);
}

std::vector<int64_t> Line::in_flight() const {
  std::vector<int64_t> ids;
  ids.reserve(in_flight_.size());
  for (const auto& delivery : in_flight_) ids.push_back(delivery.id);
  return ids;
}

std::optional<Timestamp> Line::deadline() const {
  if (!in_flight_.empty() || gone_ || store_.waiting(channel_.name).empty()) return std::nullopt;
  return std::max(not_before_, group_until_.value_or(not_before_));
}

json Line::status(const Now& now) const {
  const bool waits = tries_ > 0 && not_before_ > now.steady;
  json value = {{"name", channel_.name},
                {"type", type_name(channel_.type)},
                {"to", channel_.type == alert::ChannelType::kExec ? channel_.command.front()
                                                                  : alert::origin_of(channel_.url)},
                {"severity", channel_.alarms_only ? "alarm" : "notice"},
                {"waiting", store_.waiting(channel_.name).size()},
                {"tries", tries_},
                {"next_try", waits ? json(to_string(now.wall + (not_before_ - now.steady))) : json(nullptr)},
                {"quiet", quiet(now)},
                {"gone", gone_},
                {"delivered", counts_.delivered},
                {"failed_tries", counts_.failed_tries},
                {"refused", counts_.refused},
                {"expired", counts_.expired},
                {"overflowed", counts_.overflowed},
                {"duplicates", counts_.duplicates},
                {"collapsed", counts_.collapsed},
                {"last_delivered", time_or_null(last_delivered_)},
                {"last_error", last_error_.empty() ? json(nullptr) : json(last_error_)},
                {"last_error_time", time_or_null(last_error_time_)}};
  value.update(outlet_->details());
  return value;
}

}  // namespace gatewitness::notify
