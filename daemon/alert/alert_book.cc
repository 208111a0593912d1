// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/alert_book.h"

#include <algorithm>
#include <nlohmann/json.hpp>

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
std::string who(const json& device) {
  if (device.is_null()) return "gatewitness";
  if (text_at(device, "id") == "gateway") return "The gateway";
  std::string name = text_at(device, "name");
  if (!name.empty()) return name;
  const std::string kind = text_at(device, "class");
  return (kind.empty() || kind == "unknown" ? "A device" : "A " + kind) + std::string(" (") +
         text_at(device, "id") + ")";
}

std::string what(std::string_view kind) {
  static const std::map<std::string_view, const char*> kWhat = {
      {"direct-to-mx", "mails straight to strangers"},
      {"burst", "sends a burst of mails"},
      {"failed-contacts", "keeps trying strangers' mail servers"},
      {"gateway-sends", "sends mail itself"},
      {"credential-abuse", "abuses mail logins"},
      {"taken-over", "seems to be taken over"},
      {"relay", "relays mail for someone"},
      {"scan", "scans mail ports"},
      {"bulk", "mails in bulk"},
      {"address-conflict", "shares its address with another device"},
      {"blind", "cannot see everything"},
  };
  const auto found = kWhat.find(kind);
  return found == kWhat.end() ? std::string(kind) : found->second;
}

std::string title_of(const json& device, std::string_view kind, std::string_view reason) {
  const std::string text = who(device) + " " + what(kind);
  if (reason == "closed") return "Over: " + text;
  return reason == "continues" ? "Still: " + text : reason == "reopened" ? "Again: " + text : text;
}

std::string technical_of(const json& explained) {
  std::string text = text_at(explained, "kind");
  if (const auto counts = explained.find("counts"); counts != explained.end() && counts->is_object())
    text += ", " + std::to_string(number_at(*counts, "attempts")) + " attempts to " +
            std::to_string(number_at(*counts, "destinations")) + " places";
  if (const auto grade = text_at(explained, "grade"); !grade.empty()) text += ", evidence " + grade;
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
                {"title", title_of(device, kind, reason)},
                {"text", text_at(explained, "sentence")},
                {"technical", technical_of(explained)},
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
  json alert = {{"time", to_string(now)},
                {"reason", "quarantined"},
                {"incident", std::move(incident)},
                {"device", device},
                {"title", who(device) + (all ? " is cut off" : " may not send mail")},
                {"text", text_at(quarantine, "sentence")},
                {"technical", "quarantine, scope " + text_at(quarantine, "scope") + ", until " + until +
                                  ", guard.automatic"},
                {"advice", all ? "It reaches nothing outside your home until then."
                               : "Its other connections and everyone else's mail go on."},
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
