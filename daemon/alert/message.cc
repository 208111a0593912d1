// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/message.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/alert/template.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;
using words::Language;
using words::Message;
using words::say;
using namespace std::chrono_literals;

// ntfy makes an attachment of a longer message; the JSON around it may grow.
constexpr std::size_t kNtfyMessage = 3500;
constexpr std::size_t kOtherMessage = 8000;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string base_of(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

int ntfy_priority(const Alert& alert) {
  if (alert.is_over()) return 2;
  if (alert.is_alarm()) return alert.severe ? 5 : 4;
  return 3;
}

const char* ntfy_tag(const Alert& alert) {
  if (alert.reason == "test") return "test_tube";
  if (alert.is_over()) return "white_check_mark";
  if (alert.is_quarantine()) return "no_entry";
  return alert.is_alarm() ? "rotating_light" : "warning";
}

json button(const Channel& channel, const Alert& alert, const Moment& moment, Message label,
            const char* action, uint64_t for_s) {
  const std::string incident = moment.epoch + "/" + alert.incident;
  const ButtonCommand command{action,
                              channel.name,
                              alert.incident,
                              for_s,
                              nonce_of(*moment.buttons, incident, alert.revision, action, channel.name),
                              std::chrono::floor<std::chrono::seconds>(alert.time + kButtonLife)};
  json made = {{"action", "http"},
               {"label", say(moment.language, label)},
               {"url", base_of(channel.url) + "/" + channel.buttons_topic},
               {"method", "POST"},
               {"body", sign(*moment.buttons, command)},
               {"clear", true}};
  if (!channel.buttons_token.empty())
    made["headers"] = {{"Authorization", "Bearer " + channel.buttons_token}};
  return made;
}

Request to_ntfy(const Channel& channel, const Alert& alert, const Moment& moment) {
  json body = {{"topic", channel.topic},
               {"title", alert.title},
               {"message", body_text(alert, moment, kNtfyMessage)},
               {"priority", ntfy_priority(alert)},
               {"tags", {ntfy_tag(alert)}}};
  if (!moment.click.empty()) body["click"] = moment.click;
  const bool asks = !alert.incident.empty() && !alert.is_over() && !alert.is_quarantine();
  if (moment.buttons && !channel.buttons_topic.empty() && asks) {
    body["actions"] = json::array({button(channel, alert, moment, Message::kButtonMute, "mute", kMuteFor_s)});
    // Without a MAC there is nothing that a quarantine could hold on to; the gateway itself has none here.
    if (moment.guard && !alert.mac.empty())
      body["actions"].push_back(
          button(channel, alert, moment, Message::kButtonQuarantine, "block", kBlockFor_s));
  }
  Request request{
      .url = base_of(channel.url), .headers = {{"Content-Type", "application/json"}}, .body = dumped(body)};
  if (!channel.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + channel.token);
  return request;
}

int gotify_priority(const Alert& alert) {
  if (alert.is_over()) return 2;
  if (alert.is_alarm()) return alert.severe ? 10 : 8;
  return 5;
}

Request to_gotify(const Channel& channel, const Alert& alert, const Moment& moment) {
  json body = {{"title", alert.title},
               {"message", body_text(alert, moment, kOtherMessage)},
               {"priority", gotify_priority(alert)},
               {"extras", {{"client::display", {{"contentType", "text/plain"}}}}}};
  if (!moment.click.empty()) body["extras"]["client::notification"] = {{"click", {{"url", moment.click}}}};
  return {.url = base_of(channel.url) + "/message",
          .headers = {{"Content-Type", "application/json"}, {"X-Gotify-Key", channel.token}},
          .body = dumped(body)};
}

const char* apprise_type(const Alert& alert) {
  if (alert.is_over()) return "success";
  if (alert.reason == "test") return "info";
  return alert.is_alarm() ? "failure" : "warning";
}

Request to_apprise(const Channel& channel, const Alert& alert, const Moment& moment) {
  json body = {{"title", alert.title},
               {"body", body_text(alert, moment, kOtherMessage)},
               {"type", apprise_type(alert)},
               {"format", "text"}};
  if (!channel.tag.empty()) body["tag"] = channel.tag;
  Request request{.url = base_of(channel.url) + "/notify/" + channel.key,
                  .headers = {{"Content-Type", "application/json"}},
                  .body = dumped(body)};
  if (!channel.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + channel.token);
  return request;
}

Request to_webhook(const Channel& channel, const Alert& alert, const Moment& moment) {
  Request request;
  request.method = channel.method;
  request.url = fill(channel.url, alert, moment, Escape::kUrl, channel.token);
  bool typed = false;
  for (const auto& [name, value] : channel.headers) {
    // A header is one line whatever stands in it: texts of an alert have no line breaks, a message has.
    std::string filled = fill(value, alert, moment, Escape::kText, channel.token);
    std::ranges::replace(filled, '\n', ' ');
    std::ranges::replace(filled, '\r', ' ');
    request.headers.emplace_back(name, std::move(filled));
    typed |= name.size() == 12 && std::ranges::equal(name, std::string_view("content-type"), {}, [](char c) {
               return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
             });
  }
  if (channel.method == "GET") return request;
  request.body = channel.body.empty() ? plain_json(alert, moment)
                                      : fill(channel.body, alert, moment, channel.escape, channel.token);
  if (!typed) {
    constexpr const char* kTypes[] = {"application/json", "text/html; charset=utf-8",
                                      "application/x-www-form-urlencoded", "text/plain; charset=utf-8"};
    request.headers.emplace_back("Content-Type", kTypes[static_cast<std::size_t>(channel.escape)]);
  }
  return request;
}

std::string local_time(Timestamp time, int offset_s) {
  std::string text = to_string(time + std::chrono::seconds(offset_s)).substr(0, 19);
  text[10] = ' ';
  const int minutes = std::abs(offset_s) / 60;
  const auto two = [](int value) { return std::string(value < 10 ? "0" : "") + std::to_string(value); };
  return text + (offset_s < 0 ? " -" : " +") + two(minutes / 60) + two(minutes % 60);
}

std::string how_late(Duration late, Language in) {
  const auto minutes = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::minutes>(late).count());
  if (minutes < 120) return say(in, Message::kBodyMinutes, {{"count", minutes}});
  return say(in, Message::kBodyHours, {{"count", minutes / 60}});
}

}  // namespace

std::string body_text(const Alert& alert, const Moment& moment, std::size_t max_bytes) {
  const Language in = moment.language;
  const std::string time = local_time(alert.time, moment.utc_offset_s);
  const Duration late = moment.now - alert.time;
  std::string tail = "\n\n";
  tail += late < 2min ? say(in, Message::kBodyAt, {{"time", time}})
                      : say(in, Message::kBodyAtLate, {{"time", time}, {"late", how_late(late, in)}});
  if (moment.collapsed > 0) tail += say(in, Message::kBodyStandsFor, {{"count", uint64_t{moment.collapsed}}});
  std::string text = alert.text;
  for (const auto& paragraph : {alert.sure, alert.advice})
    if (!paragraph.empty()) text += (text.empty() ? "" : "\n\n") + paragraph;
  if (text.size() + tail.size() > max_bytes) {  // never in practice: the parts are cut when they are read
    std::size_t end = max_bytes > tail.size() ? max_bytes - tail.size() : 0;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
  }
  return text + tail;
}

std::string plain_json(const Alert& alert, const Moment& moment) {
  json value = to_json(alert);
  value["message"] = body_text(alert, moment, kOtherMessage);
  value["collapsed"] = moment.collapsed;
  return dumped(value);
}

Request request_for(const Channel& channel, const Alert& alert, const Moment& moment) {
  switch (channel.type) {
    case ChannelType::kNtfy:
      return to_ntfy(channel, alert, moment);
    case ChannelType::kGotify:
      return to_gotify(channel, alert, moment);
    case ChannelType::kApprise:
      return to_apprise(channel, alert, moment);
    default:
      return to_webhook(channel, alert, moment);
  }
}

}  // namespace gatewitness::alert
