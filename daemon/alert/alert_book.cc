// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/alert_book.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gatewitness::alert {
namespace {

using nlohmann::json;
using words::Language;
using words::Message;
using words::say;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
uint64_t number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

json device_of(const json& explained) {
  const auto found = explained.find("device");
  return found != explained.end() && found->is_object() ? *found : json(nullptr);
}

// "Kitchen fridge", "The fridge (02:00:...)", "gatewitness": who it is about, for a title.
std::string who(const json& device, Language in) {
  if (device.is_null()) return "gatewitness";
  if (text_at(device, "id") == "gateway") return say(in, Message::kTitledGateway);
  std::string name = text_at(device, "name");
  if (!name.empty()) return name;
  const Message noun = words::find("class." + text_at(device, "class")).value_or(Message::kSubjectDevice);
  return words::capitalized(std::string(words::noun(in, noun, words::Noun::kThe))) + " (" +
         text_at(device, "id") + ")";
}

std::string title_of(const json& device, const std::string& kind, std::string_view reason, Language in) {
  const auto what = words::find("title." + kind);
  const std::string text = what ? say(in, *what, {{"who", who(device, in)}}) : who(device, in) + ": " + kind;
  if (reason == "closed") return say(in, Message::kTitledOver, {{"title", text}});
  if (reason == "continues") return say(in, Message::kTitledStill, {{"title", text}});
  if (reason == "reopened") return say(in, Message::kTitledAgain, {{"title", text}});
  return text;
}

}  // namespace

std::optional<json> AlertBook::consider(Change change, const json& explained, Timestamp now) {
  const std::string id = text_at(explained, "id"), kind = text_at(explained, "kind");
  const json device = device_of(explained);
  if (id.empty() || is_muted(device.is_null() ? "" : text_at(device, "id"), kind, now)) return std::nullopt;
  const bool alarm = text_at(explained, "severity") == "alarm";
  const uint64_t revision = number_at(explained, "revision");
  const auto known = known_.find(id);
  if (known != known_.end() && revision <= known->second.revision) return std::nullopt;
  const bool lately = known != known_.end() && now - known->second.time < kRepeat;
  const bool worse = known == known_.end() || (alarm && !known->second.alarm);
  const char* reason = nullptr;
  switch (change) {
    case Change::kOpened:
      if (known == known_.end())
        reason = "opened";
      else if (worse || !lately)
        reason = "reopened";
      break;
    case Change::kWorsened:
      if (worse) reason = known == known_.end() ? "opened" : "worsened";
      break;
    case Change::kExtended:
      if (known == known_.end())
        reason = alarm ? "opened" : nullptr;
      else if (alarm && !lately)
        reason = "continues";
      break;
    case Change::kClosed:
      if (known != known_.end() && known->second.alarm && !known->second.closed) reason = "closed";
      break;
  }
  if (reason == nullptr) return std::nullopt;
  json alert = {{"time", to_string(now)},
                {"reason", reason},
                {"incident",
                 {{"id", id},
                  {"revision", revision},
                  {"kind", kind},
                  {"severity", text_at(explained, "severity")},
                  {"grade", text_at(explained, "grade")}}},
                {"device", device},
                {"title", title_of(device, kind, reason, language_)},
                {"text", text_at(explained, "sentence")},
                {"sure", text_at(explained, "sure")},
                {"technical", text_at(explained, "technical")},
                {"advice", text_at(explained, "advice")},
                {"severe", alarm && change != Change::kClosed},
                {"language", words::to_string(language_)},
                {"channel", nullptr}};
  told(alert);
  return alert;
}

void AlertBook::told(const json& alert) {
  const auto incident = alert.find("incident");
  const auto time = parse_timestamp(text_at(alert, "time"));
  if (incident == alert.end() || !incident->is_object() || !time) return;
  make_room();
  Known& known = known_[text_at(*incident, "id")];
  known.time = *time;
  known.revision = std::max(known.revision, number_at(*incident, "revision"));
  known.alarm = known.alarm || text_at(*incident, "severity") == "alarm";
  known.closed = text_at(alert, "reason") == "closed";
}

void AlertBook::make_room() {
  if (known_.size() < kMaxKnown) return;
  known_.erase(std::min_element(known_.begin(), known_.end(),
                                [](const auto& a, const auto& b) { return a.second.time < b.second.time; }));
}

void AlertBook::mute(const Mute& mute) {
  if (mutes_.size() >= kMaxKnown) mutes_.erase(mutes_.begin());
  mutes_[{mute.device, mute.kind}] = mute.until;
}

bool AlertBook::is_muted(std::string_view device, std::string_view kind, Timestamp now) const {
  const auto found = mutes_.find({std::string(device), std::string(kind)});
  return found != mutes_.end() && now < found->second;
}

}  // namespace gatewitness::alert
