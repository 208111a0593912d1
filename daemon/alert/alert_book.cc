// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/alert_book.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/phrases/phrases.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;

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

// "Kitchen fridge", "a device (02:00:...)", "gatewitness": who it is about, for a title.
std::string who(const json& device, Language language) {
  if (device.is_null()) return "gatewitness";
  const std::string id = text_at(device, "id");
  if (id == "gateway") return say(language, Phrase::kTheGateway);
  std::string name = text_at(device, "name");
  if (!name.empty()) return name;
  const std::string kind = text_at(device, "class");
  if (kind.empty() || kind == "unknown") return say(language, Phrase::kSomeDevice, {{"id", id}});
  return upper_first(
      say(language, Phrase::kSomeOfClass, {{"class", class_in_words(language, kind)}, {"id", id}}));
}

std::string title_of(const json& device, std::string_view kind, std::string_view reason, Language language) {
  static const std::map<std::string_view, Phrase> kDoes = {
      {"direct-to-mx", Phrase::kDoesDirectToMx},
      {"burst", Phrase::kDoesBurst},
      {"failed-contacts", Phrase::kDoesFailedContacts},
      {"gateway-sends", Phrase::kDoesGatewaySends},
      {"credential-abuse", Phrase::kDoesCredentialAbuse},
      {"taken-over", Phrase::kDoesTakenOver},
      {"relay", Phrase::kDoesRelay},
      {"scan", Phrase::kDoesScan},
      {"bulk", Phrase::kDoesBulk},
      {"blind", Phrase::kDoesBlind},
  };
  const std::string subject = who(device, language);
  const auto does = kDoes.find(kind);
  const std::string title = does == kDoes.end() ? subject + ": " + std::string(kind)
                                                : say(language, does->second, {{"who", subject}});
  static const std::map<std::string_view, Phrase> kAgain = {
      {"closed", Phrase::kOver}, {"continues", Phrase::kStill}, {"reopened", Phrase::kAgain}};
  const auto again = kAgain.find(reason);
  return again == kAgain.end() ? title : say(language, again->second, {{"title", title}});
}

// For whoever looks after the home: the counts, the grade and its reasons, which stay as the evidence has
// them.
std::string technical_of(const json& explained, Language language) {
  std::string text = text_at(explained, "kind");
  if (const auto counts = explained.find("counts"); counts != explained.end() && counts->is_object())
    text = say(language, Phrase::kTechnical,
               {{"kind", text},
                {"n", number_at(*counts, "attempts")},
                {"places", number_at(*counts, "destinations")}});
  if (const auto grade = text_at(explained, "grade"); !grade.empty())
    text += say(language, Phrase::kTechnicalGrade, {{"grade", grade}});
  if (const auto reasons = explained.find("grade_reasons"); reasons != explained.end() && reasons->is_array())
    for (const auto& reason : *reasons)
      if (reason.is_string()) text += "; " + reason.get<std::string>();
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
                {"incident", incident_of(explained)},
                {"device", device},
                {"title", title_of(device, kind, reason, language_)},
                {"text", text_at(explained, "sentence")},
                {"technical", technical_of(explained, language_)},
                {"advice", text_at(explained, "advice")},
                {"severe", alarm && change != Change::kClosed},
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
  json alert = {{"time", to_string(now)},
                {"reason", "quarantined"},
                {"incident", std::move(incident)},
                {"device", device},
                {"title", say(language_, all ? Phrase::kIsCutOff : Phrase::kMayNotSend, {{"who", subject}})},
                {"text", say(language_, Phrase::kBlockedByItself,
                             {{"who", subject},
                              {"until", end ? to_the_minute(*end) : until},
                              {"incident", text_at(quarantine, "incident")},
                              {"id", id}})},
                {"technical", "quarantine, scope " + text_at(quarantine, "scope") + ", until " + until +
                                  ", guard.automatic"},
                {"advice", say(language_, all ? Phrase::kNothingGoesOut : Phrase::kOthersGoOn)},
                {"severe", true},
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
