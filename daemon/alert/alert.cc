// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/alert.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "probes/wire/text.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;
using words::Message;
using words::say;

std::string text_of(const json& object, const char* key, std::size_t max_bytes) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return "";
  return harmless(found->get_ref<const std::string&>(), max_bytes);
}

uint64_t number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

void read_incident(const json& value, Alert& alert) {
  alert.incident = text_of(value, "id", 64);
  alert.revision = number_of(value, "revision");
  alert.kind = text_of(value, "kind", 64);
  alert.severity = text_of(value, "severity", 16);
  alert.grade = text_of(value, "grade", 32);
}

void read_device(const json& value, Alert& alert) {
  alert.has_device = true;
  alert.device_id = text_of(value, "id", 64);
  alert.mac = text_of(value, "mac", 32);
  alert.name = text_of(value, "name", 96);
  alert.device_class = text_of(value, "class", 32);
  alert.vendor = text_of(value, "vendor", 64);
  alert.address = text_of(value, "address", 64);
}

bool is_reason(std::string_view reason) {
  constexpr std::string_view kReasons[] = {"opened", "worsened",    "continues", "reopened",
                                           "closed", "quarantined", "test"};
  return std::ranges::find(kReasons, reason) != std::end(kReasons);
}

}  // namespace

std::string harmless(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const std::size_t next = text.find('\\');
    // With room for what escapes grow to: the cut below is the one that counts.
    out += printable(text.substr(0, next), max_bytes + 16);
    if (next == text.npos || out.size() > max_bytes) break;
    out += '\\';
    text.remove_prefix(next + 1);
  }
  if (out.size() <= max_bytes) return out;
  constexpr std::string_view kEllipsis = "\u2026";
  std::size_t end = max_bytes < kEllipsis.size() ? 0 : max_bytes - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0U) == 0x80U) --end;
  out.resize(end);
  return max_bytes < kEllipsis.size() ? out : out.append(kEllipsis);
}

std::expected<Alert, std::string> parse_alert(const json& value) {
  if (!value.is_object()) return std::unexpected("an alert must be an object");
  Alert alert;
  alert.number = number_of(value, "number");
  if (alert.number == 0) return std::unexpected("an alert without a number");
  const auto time = value.find("time");
  const auto parsed = time != value.end() && time->is_string()
                          ? parse_timestamp(time->get_ref<const std::string&>())
                          : std::unexpected(std::string("is not a text"));
  if (!parsed) return std::unexpected("the time " + parsed.error());
  alert.time = *parsed;
  alert.reason = text_of(value, "reason", 16);
  if (!is_reason(alert.reason)) return std::unexpected("an alert of unknown reason \"" + alert.reason + "\"");
  if (const auto incident = value.find("incident"); incident != value.end() && incident->is_object())
    read_incident(*incident, alert);
  if (alert.incident.empty() && alert.reason != "test")
    return std::unexpected("an alert without an incident");
  if (const auto device = value.find("device"); device != value.end() && device->is_object())
    read_device(*device, alert);
  if (alert.is_quarantine() && alert.device_id.empty())
    return std::unexpected("an alert of a quarantine without a device");
  alert.title = text_of(value, "title", 200);
  alert.text = text_of(value, "text", 1200);
  alert.sure = text_of(value, "sure", 300);
  alert.technical = text_of(value, "technical", 1200);
  alert.advice = text_of(value, "advice", 800);
  if (alert.title.empty()) alert.title = "gatewitness: " + alert.reason;
  const auto severe = value.find("severe");
  alert.severe = severe != value.end() && severe->is_boolean() && severe->get<bool>();
  alert.channel = text_of(value, "channel", 64);
  return alert;
}

std::expected<Batch, std::string> parse_batch(const json& data) {
  if (!data.is_object() || !data.contains("alerts") || !data.at("alerts").is_array())
    return std::unexpected("the daemon's answer to \"alerts\" has no alerts");
  Batch batch;
  const auto epoch = data.find("epoch");
  if (epoch != data.end())
    batch.epoch = epoch->is_string() ? text_of(data, "epoch", 64) : harmless(epoch->dump(), 64);
  batch.newest = number_of(data, "newest");
  for (const auto& value : data.at("alerts")) {
    if (batch.alerts.size() + batch.malformed >= kMaxBatch) break;
    if (value.is_object()) batch.last = std::max(batch.last, number_of(value, "number"));
    if (auto alert = parse_alert(value))
      batch.alerts.push_back(std::move(*alert));
    else
      ++batch.malformed;
  }
  std::ranges::sort(batch.alerts, {}, &Alert::number);
  return batch;
}

json to_json(const Alert& alert) {
  json value = {{"number", alert.number}, {"time", to_string(alert.time)},
                {"reason", alert.reason}, {"title", alert.title},
                {"text", alert.text},     {"sure", alert.sure},
                {"advice", alert.advice}, {"technical", alert.technical},
                {"severe", alert.severe}, {"incident", nullptr},
                {"device", nullptr},      {"channel", nullptr}};
  if (!alert.incident.empty())
    value["incident"] = {{"id", alert.incident},
                         {"revision", alert.revision},
                         {"kind", alert.kind},
                         {"severity", alert.severity},
                         {"grade", alert.grade}};
  if (alert.has_device)
    value["device"] = {{"id", alert.device_id},       {"mac", alert.mac},       {"name", alert.name},
                       {"class", alert.device_class}, {"vendor", alert.vendor}, {"address", alert.address}};
  if (!alert.channel.empty()) value["channel"] = alert.channel;
  return value;
}

Alert grouped(std::span<const Alert> alerts, words::Language in) {
  constexpr std::size_t kShown = 5;  // what a phone shows of a message
  const auto rank = [](const Alert& alert) {
    return std::tuple(!alert.is_over(), alert.severe, alert.is_alarm());
  };
  Alert group = *std::ranges::max_element(alerts, {}, rank);
  if (alerts.size() == 1) return group;
  group.title = say(in, Message::kGroupTitle,
                    {{"title", harmless(group.title, 120)}, {"count", uint64_t{alerts.size() - 1}}});
  group.text.clear();
  for (const Alert& alert : alerts.first(std::min(alerts.size(), kShown)))
    group.text += (group.text.empty() ? "" : "\n\n") + alert.title + ". " + harmless(alert.text, 400);
  if (alerts.size() > kShown)
    group.text += "\n\n" + say(in, Message::kGroupMore, {{"count", uint64_t{alerts.size() - kShown}}});
  for (const Alert& alert : alerts) {
    group.number = std::max(group.number, alert.number);
    group.time = std::min(group.time, alert.time);
    group.severe = group.severe || alert.severe;
    if (alert.incident != alerts.front().incident) group.incident.clear();
    if (alert.device_id != alerts.front().device_id) group.has_device = false;
  }
  return group;
}

Alert test_alert(Timestamp now, words::Language in) {
  Alert alert;
  alert.number = 1;
  alert.time = now;
  alert.reason = "test";
  alert.title = say(in, Message::kTestTitle);
  alert.text = say(in, Message::kTestText);
  alert.advice = say(in, Message::kTestAdvice);
  return alert;
}

}  // namespace gatewitness::alert
