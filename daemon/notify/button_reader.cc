// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/button_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "daemon/notify/outlet.h"
#include "probes/wire/json_text.h"

namespace gatewitness::notify {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

// A message has at most 4096 bytes; as JSON it may be six times as long.
constexpr std::size_t kMaxLine = std::size_t{64} << 10;
// Anybody may write to the topic: what they write must not wear flash or fill the log.
constexpr Duration kKeepEvery = 1min;
constexpr Duration kReportEvery = 1min;
// Buttons live for 48 h; ntfy keeps messages for 12 h.
constexpr const char* kAtFirst = "12h";

std::string text_of(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_message_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

}  // namespace

ButtonReader::ButtonReader(const alert::Channel& channel, const alert::ButtonKey& key, Http& http,
                           Store& store, const process::Log& log)
    : channel_(channel),
      key_(key),
      http_(http),
      store_(store),
      log_(log),
      position_(store.position(channel.name)),
      kept_(position_) {}

void ButtonReader::turn(const Now& now) {
  if (position_ != kept_ && now.steady >= next_keep_) keep_position(now);
  if (!reading_ && now.steady >= next_open_) open();
}

std::optional<Timestamp> ButtonReader::deadline() const {
  if (reading_) return std::nullopt;
  return next_open_;
}

void ButtonReader::open() {
  reading_ = true;
  heard_ = false;
  partial_.clear();
  too_long_ = false;
  alert::Request request;
  request.method = "GET";
  std::string base = channel_.url;
  while (base.ends_with('/')) base.pop_back();
  request.url =
      base + "/" + channel_.buttons_topic + "/json?since=" + (position_.empty() ? kAtFirst : position_);
  if (!channel_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + channel_.token);
  HttpOptions options;
  options.ca_file = channel_.ca_file;
  options.on_data = [this](std::string_view data) { hear(data); };
  http_.start(request, options, [this](const HttpAnswer& answer) { ended(answer); });
}

void ButtonReader::hear(std::string_view data) {
  heard_ = true;
  tries_ = 0;
  last_error_.clear();
  while (!data.empty()) {
    const std::size_t end = data.find('\n');
    partial_ += data.substr(0, end);
    if (partial_.size() > kMaxLine) {
      too_long_ = true;
      partial_.clear();
    }
    if (end == data.npos) return;
    if (too_long_)
      ++unreadable_;
    else if (!partial_.empty())
      take_line(partial_);
    too_long_ = false;
    partial_.clear();
    data.remove_prefix(end + 1);
  }
}

void ButtonReader::take_line(const std::string& line) {
  const json value = read_json(line);
  if (!value.is_object()) {
    ++unreadable_;
    return;
  }
  if (text_of(value, "event") != "message") return;  // open, keepalive
  take_command(text_of(value, "message"));
  if (const std::string id = text_of(value, "id"); is_message_id(id)) position_ = id;
}

void ButtonReader::take_command(const std::string& text) {
  const Now at = now();
  const auto command = alert::verify(key_, text, channel_.name, at.wall);
  if (!command) return refuse(command.error(), at);
  const auto fresh = store_.use(*command, at.wall);
  if (!fresh) return log_.error(fresh.error());
  if (!*fresh) return refuse(alert::Refusal::kReplayed, at);
  ++accepted_;
  news_ = true;
  next_keep_ = at.steady;
}

void ButtonReader::refuse(alert::Refusal why, const Now& at) {
  ++refused_[static_cast<std::size_t>(why)];
  if (at.steady < next_report_) return;
  next_report_ = at.steady + kReportEvery;
  const uint64_t all = std::accumulate(refused_.begin(), refused_.end(), uint64_t{0});
  log_.warning("channel " + channel_.name + ": " + std::to_string(all - reported_) +
               " commands from its buttons' topic were refused, the last one as " +
               alert::kRefusals[static_cast<std::size_t>(why)]);
  reported_ = all;
}

void ButtonReader::ended(const HttpAnswer& answer) {
  const Now at = now();
  reading_ = false;
  // A server that closes a stream that worked, as at its restart, is asked again soon.
  const auto result = result_of(answer.status, answer.error, answer.body, answer.retry_after,
                                !answer.location.empty(), alert::secrets_of(channel_));
  const bool worked = heard_ && answer.status == 200;
  const Duration wait = alert::backoff(++tries_, !worked && answer.status != 0, result.retry_after, 0.5);
  next_open_ = at.steady + (worked ? std::min<Duration>(wait, 2s) : wait);
  if (worked) return;
  if (last_error_ != result.said)
    log_.warning("channel " + channel_.name + ": its buttons cannot be read: " + result.said);
  last_error_ = result.said;
}

void ButtonReader::keep_position(const Now& at) {
  next_keep_ = at.steady + kKeepEvery;
  if (store_.set_position(channel_.name, position_)) kept_ = position_;
}

json ButtonReader::status() const {
  json refused = json::object();
  for (std::size_t i = 0; i < refused_.size(); ++i) refused[alert::kRefusals[i]] = refused_[i];
  return {
      {"channel", channel_.name},  {"reading", reading_ && heard_},
      {"accepted", accepted_},     {"refused", refused},
      {"unreadable", unreadable_}, {"last_error", last_error_.empty() ? json(nullptr) : json(last_error_)}};
}

}  // namespace gatewitness::notify
