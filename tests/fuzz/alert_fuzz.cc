// SPDX-License-Identifier: Apache-2.0
//
// What the notifier reads that others wrote: alerts with devices' names in them, commands from a topic that
// anybody may write to, servers' headers, templates. The first byte chooses.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "daemon/alert/alert.h"
#include "daemon/alert/button.h"
#include "daemon/alert/message.h"
#include "daemon/alert/mqtt_messages.h"
#include "daemon/alert/schedule.h"
#include "probes/wire/utf8.h"

namespace {

using namespace gatewitness;
using namespace gatewitness::alert;

void demand(bool condition) {
  if (!condition) std::abort();
}

bool is_harmless(std::string_view text, bool lines) {
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && !(lines && c == '\n')) || c == 0x7f) return false;
  return is_utf8(text);
}

void read_alerts(std::string_view text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  const auto batch = parse_batch(value);
  if (!batch) return;
  demand(batch->alerts.size() <= kMaxBatch);
  Moment moment;
  moment.buttons = ButtonKey{1};
  for (const auto& alert : batch->alerts) {
    moment.now = alert.time;
    for (const auto& part : {alert.title, alert.text, alert.name, alert.incident, alert.advice})
      demand(is_harmless(part, false));
    const auto again = parse_alert(to_json(alert));
    demand(again && *again == alert);
    for (const auto type :
         {ChannelType::kNtfy, ChannelType::kGotify, ChannelType::kApprise, ChannelType::kWebhook}) {
      Channel channel;
      channel.type = type;
      channel.url = "https://x.example";
      channel.buttons_topic = "b";
      channel.headers = {{"X", "{{title}} {{message}}"}};
      const auto request = request_for(channel, alert, moment);
      demand(nlohmann::json::accept(request.body));
      demand(is_harmless(request.body, false));
      for (const auto& [name, header] : request.headers) demand(is_harmless(header, false));
    }
    demand(nlohmann::json::accept(event_payload(alert, body_text(alert, moment, 4000))));
  }
}

void read_states(std::string_view text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  for (const auto& messages : {announcements("homeassistant", value), states(value)}) {
    demand(messages.size() <= kMaxMqttDevices + 1);
    for (const auto& [topic, payload] : messages) {
      demand(topic.find_first_of("#+\n") == topic.npos && is_harmless(topic, false));
      demand(nlohmann::json::accept(payload) && is_harmless(payload, false));
    }
  }
}

void read_command(std::string_view text) {
  const ButtonKey key{1, 2, 3};
  const auto command = verify(key, text, "phone", Timestamp{});
  // Nobody guesses 256 bits.
  demand(!command || sign(key, *command).size() <= kMaxToken);
}

void read_rest(std::string_view text) {
  (void)parse_retry_after(text, Timestamp{});
  (void)parse_quiet_hours(text);
  (void)unknown_place(text);
  (void)origin_of(text);
  const std::size_t half = text.size() / 2;
  (void)redacted(std::string(text.substr(0, half)), {std::string(text.substr(half))});
  const std::string shown = harmless(text, 64);
  demand(shown.size() <= 64 && is_harmless(shown, false) && harmless(shown, 64) == shown);
  const Alert alert = test_alert(Timestamp{});
  for (const auto escape : {Escape::kJson, Escape::kHtml, Escape::kUrl, Escape::kText})
    (void)fill(text, alert, Moment{}, escape, text.substr(0, half));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      read_alerts(text);
      break;
    case 1:
      read_states(text);
      break;
    case 2:
      read_command(text);
      break;
    default:
      read_rest(text);
  }
  return 0;
}
