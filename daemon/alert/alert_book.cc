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
  std::string text = what ? say(in, *what, {{"who", who(device, in)}}) : who(device, in) + ": " + kind;
  if (reason == "closed") return say(in, Message::kTitledOver, {{"title", text}});
  if (reason == "continues") return say(in, Message::kTitledStill, {{"title", text}});
  if (reason == "reopened") return say(in, Message::kTitledAgain, {{"title", text}});
  return text;
}

// Of an alert: what it is about, as explain() has it.
json incident_of(const json& explained) {
  return {{"id", text_at(explained, "id")},
          {"revision", number_at(explained, "revision")},
          {"kind", text_at(explained, "kind")},
          {"severity", text_at(explained, "severity")},
          {"grade", text_at(explained, "grade")}};
}

}  // namespace

std::string AlertBook::reason_for(Change change, const Known* known, bool alarm, Timestamp now) const {
  if (known == nullptr) {
    const bool news = change == Change::kOpened || (alarm && change != Change::kClosed);
    return news ? "opened" : "";
  }
  const bool worse = alarm && !known->alarm;
  const bool due = now - known->time >= repeat_;
  switch (change) {
    case Change::kOpened: {
      // Who was told that it is over hears that it is not: once. What flaps on is told when it is due.
      const bool flaps = known->reopened && now - *known->reopened < repeat_;
      return worse || due || (known->closed && !flaps) ? "reopened" : "";
    }
    case Change::kWorsened:
      return worse ? "worsened" : "";
    case Change::kExtended:
      if (!alarm || !due) return "";
      return known->closed ? "reopened" : "continues";
    case Change::kClosed:
      return known->alarm && !known->closed ? "closed" : "";
  }
  return "";
}

std::optional<json> AlertBook::consider(Change change, const json& explained, Timestamp now) {
  const std::string id = text_at(explained, "id"), kind = text_at(explained, "kind");
  const json device = device_of(explained);
  if (id.empty() || is_muted(device.is_null() ? "" : text_at(device, "id"), kind, now)) return std::nullopt;
  const bool alarm = text_at(explained, "severity") == "alarm";
  const uint64_t revision = number_at(explained, "revision");
  const auto known = known_.find(id);
  if (known != known_.end() && revision <= known->second.revision) return std::nullopt;
  const std::string reason = reason_for(change, known == known_.end() ? nullptr : &known->second, alarm, now);
  if (reason.empty()) return std::nullopt;
  json alert = {{"time", to_string(now)},
                {"reason", reason},
                {"incident", incident_of(explained)},
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

std::optional<json> AlertBook::consider(const json& quarantine, const json& explained, Timestamp now) {
  const std::string id = text_at(quarantine, "device"), until = text_at(quarantine, "until");
  if (const auto known = quarantined_.find(id); known != quarantined_.end() && known->second == until)
    return std::nullopt;
  json device = device_of(explained);
  if (device.is_null()) device = {{"id", id}, {"mac", id}, {"name", text_at(quarantine, "name")}};
  json incident = incident_of(explained);
  incident["id"] = text_at(quarantine, "incident");
  incident["severity"] = "alarm";  // nothing less leads to it
  const bool all = text_at(quarantine, "scope") == "all";
  const std::string subject = who(device, language_);
  const auto end = parse_timestamp(until);
  json alert = {
      {"time", to_string(now)},
      {"reason", "quarantined"},
      {"incident", std::move(incident)},
      {"device", device},
      {"title",
       say(language_, all ? Message::kQuarantinedAll : Message::kQuarantinedMail, {{"who", subject}})},
      {"text", say(language_, Message::kQuarantinedText,
                   {{"who", subject},
                    {"until", end ? to_the_minute(*end) : until},
                    {"incident", text_at(quarantine, "incident")},
                    {"id", id}})},
      {"sure", text_at(explained, "sure")},
      {"technical",
       "quarantine, scope " + text_at(quarantine, "scope") + ", until " + until + ", guard.automatic"},
      {"advice", say(language_, all ? Message::kQuarantinedAllAdvice : Message::kQuarantinedMailAdvice)},
      {"severe", true},
      {"language", words::to_string(language_)},
      {"channel", nullptr},
      {"quarantine", {{"until", until}}}};
  told(alert);
  return alert;
}

void AlertBook::told(const json& alert) {
  if (const auto quarantine = alert.find("quarantine");
      quarantine != alert.end() && quarantine->is_object()) {
    const auto device = alert.find("device");
    if (device == alert.end() || !device->is_object()) return;
    if (quarantined_.size() >= kMaxKnown) quarantined_.erase(quarantined_.begin());
    quarantined_[text_at(*device, "id")] = text_at(*quarantine, "until");
    return;
  }
  const auto incident = alert.find("incident");
  const auto time = parse_timestamp(text_at(alert, "time"));
  if (incident == alert.end() || !incident->is_object() || !time) return;
  make_room();
  Known& known = known_[text_at(*incident, "id")];
  known.time = *time;
  known.revision = std::max(known.revision, number_at(*incident, "revision"));
  known.alarm = known.alarm || text_at(*incident, "severity") == "alarm";
  const std::string reason = text_at(alert, "reason");
  known.closed = reason == "closed";
  if (reason == "reopened") known.reopened = *time;
}

void AlertBook::make_room() {
  if (known_.size() < kMaxKnown) return;
  known_.erase(std::min_element(known_.begin(), known_.end(),
                                [](const auto& a, const auto& b) { return a.second.time < b.second.time; }));
}

void AlertBook::mute(const Mute& mute, Timestamp now) {
  std::erase_if(mutes_, [now](const auto& entry) { return entry.second <= now; });
  if (mute.until <= now) {
    mutes_.erase({mute.device, mute.kind});
    return;
  }
  if (mutes_.size() >= kMaxKnown)
    mutes_.erase(std::min_element(mutes_.begin(), mutes_.end(),
                                  [](const auto& a, const auto& b) { return a.second < b.second; }));
  mutes_[{mute.device, mute.kind}] = mute.until;
}

bool AlertBook::is_muted(std::string_view device, std::string_view kind, Timestamp now) const {
  const auto holds = [&](std::string_view of_device, std::string_view of_kind) {
    const auto found = mutes_.find({std::string(of_device), std::string(of_kind)});
    return found != mutes_.end() && now < found->second;
  };
  return holds(device, kind) || holds(device, kAny) || holds(kAny, kind);
}

std::vector<Mute> AlertBook::muted(Timestamp now) const {
  std::vector<Mute> holding;
  for (const auto& [what, until] : mutes_)
    if (now < until) holding.push_back({what.first, what.second, until});
  return holding;
}

}  // namespace gatewitness::alert
