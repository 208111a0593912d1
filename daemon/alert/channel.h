// SPDX-License-Identifier: Apache-2.0
//
// Where alerts go, as the configuration says it: one Channel for each entry of notify.channels. Values only.
// Made by daemon/config, used by the shapes of this folder and by daemon/notify. What is secret here (tokens,
// the address of a web push subscription, a webhook's address) is never shown: see secrets_of().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/words/words.h"
#include "probes/wire/time.h"

namespace gatewitness::alert {

enum class ChannelType : uint8_t { kNtfy, kGotify, kWebPush, kMqtt, kApprise, kWebhook, kExec };
inline constexpr const char* kChannelTypes[] = {"ntfy",    "gotify",  "webpush", "mqtt",
                                                "apprise", "webhook", "exec"};
inline const char* type_name(ChannelType type) {
  return kChannelTypes[static_cast<std::size_t>(type)];
}

// How a webhook's body escapes what stands in its {{places}}.
enum class Escape : uint8_t { kJson, kHtml, kUrl, kText };

// Minutes of the local day; from > to goes over midnight.
struct QuietHours {
  int from = 0;
  int to = 0;
  bool operator==(const QuietHours&) const = default;
};

struct Channel {
  std::string name;
  ChannelType type = ChannelType::kNtfy;
  bool alarms_only = false;      // severity: alarm
  bool own_quiet_hours = false;  // else notify.quiet_hours counts
  std::optional<QuietHours> quiet_hours;
  std::string url;
  std::string ca_file;  // PEM; "": the system's
  std::string topic;    // ntfy
  std::string token;    // a bearer, an application's key, MQTT's password
  std::string token_file;
  std::string buttons_topic;  // ntfy: where buttons speak to us
  std::string buttons_token;  // ntfy: goes to the phone with every alert
  std::string buttons_token_file;
  std::string key;                                           // apprise: the persistent configuration
  std::string tag;                                           // apprise
  std::string method = "POST";                               // webhook
  std::vector<std::pair<std::string, std::string>> headers;  // webhook
  std::string body;                                          // webhook: a template; "": the alert as JSON
  Escape escape = Escape::kJson;                             // webhook
  std::string subscription;  // webpush: {"endpoint", "keys": {"p256dh", "auth"}}
  std::string subscription_file;
  std::string contact;                      // webpush: mailto: or https:, whom the push service may ask
  std::string user;                         // mqtt
  std::string discovery = "homeassistant";  // mqtt: Home Assistant's prefix
  std::vector<std::string> command;         // exec: path and arguments
};

struct NotifyOptions {
  Duration repeat = std::chrono::hours(4);               // an alarm that goes on is told again
  Duration group_wait = std::chrono::seconds(1);         // alerts of so long become one message
  words::Language language = words::Language::kEnglish;  // of what the owner reads
  Duration poll = std::chrono::seconds(5);               // where the daemon's event did not come
  Duration timeout = std::chrono::seconds(15);           // of one try
  Duration max_age = std::chrono::hours(24 * 7);         // of an alert that cannot be delivered
  uint32_t queue = 500;                                  // waiting alerts for each channel
  std::optional<QuietHours> quiet_hours;
  std::string url;  // what a tap on an alert opens; "": nothing
  std::vector<Channel> channels;
};

inline constexpr std::size_t kMaxChannels = 16;

}  // namespace gatewitness::alert
