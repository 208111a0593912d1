// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/channels.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>

#include "daemon/alert/message.h"
#include "daemon/alert/schedule.h"
#include "daemon/config/values.h"
#include "probes/wire/json_text.h"
#include "probes/wire/text.h"

namespace gatewitness::config {
namespace {

using alert::Channel;
using alert::ChannelType;

constexpr unsigned of(std::initializer_list<ChannelType> types) {
  unsigned mask = 0;
  for (const ChannelType type : types) mask |= 1U << static_cast<unsigned>(type);
  return mask;
}
constexpr unsigned kAll = 0x7f;
constexpr unsigned kHttp =
    of({ChannelType::kNtfy, ChannelType::kGotify, ChannelType::kApprise, ChannelType::kWebhook});
constexpr unsigned kTokens = kHttp | of({ChannelType::kMqtt});

bool all_of(std::string_view text, bool (*good)(char)) {
  return std::ranges::all_of(text, good);
}
bool is_visible(char c) {
  return c > ' ' && c < 0x7f;
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
bool is_line(char c) {
  return static_cast<unsigned char>(c) >= ' ' || c == '\t';
}

bool has_scheme(std::string_view text, std::initializer_list<std::string_view> schemes) {
  for (const auto scheme : schemes) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    return !host.empty() && host.front() != ':' && host.find('@') == host.npos &&
           host.find('{') == host.npos && text.size() <= 1024 && all_of(text, is_visible);
  }
  return false;
}

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= 64 && all_of(text, is_word);
}
bool is_secret(std::string_view text) {
  return !text.empty() && text.size() <= 1024 && all_of(text, is_visible);
}
bool is_path(std::string_view text) {
  return text.size() >= 2 && text.size() <= 512 && text.front() == '/' && text.find('\0') == text.npos;
}
bool is_subscription(std::string_view text) {
  const auto value = read_json(text);
  return text.size() <= 4096 && value.is_object() && value.contains("endpoint") && value.contains("keys");
}

bool set_url(Channel& c, std::string_view text) {
  const bool mqtt = c.type == ChannelType::kMqtt;
  c.url = text;
  if (c.type == ChannelType::kWebhook && !alert::unknown_place(text).empty()) return false;
  return mqtt ? has_scheme(text, {"mqtt://", "mqtts://"}) : has_scheme(text, {"https://", "http://"});
}
bool set_severity(Channel& c, std::string_view text) {
  c.alarms_only = text == "alarm";
  return text == "alarm" || text == "notice";
}
bool set_quiet_hours(Channel& c, std::string_view text) {
  c.own_quiet_hours = true;
  c.quiet_hours = alert::parse_quiet_hours(text);
  return is_quiet_hours(text);
}
bool set_escape(Channel& c, std::string_view text) {
  constexpr std::string_view kNames[] = {"json", "html", "url", "text"};
  const auto found = std::ranges::find(kNames, text);
  c.escape = static_cast<alert::Escape>(std::min<std::ptrdiff_t>(found - kNames, 3));
  return found != std::end(kNames);
}
bool set_method(Channel& c, std::string_view text) {
  c.method = text;
  return text == "POST" || text == "PUT" || text == "GET";
}
bool set_body(Channel& c, std::string_view text) {
  c.body = text;
  return text.size() <= 8192 && alert::unknown_place(text).empty();
}
bool set_contact(Channel& c, std::string_view text) {
  c.contact = text;
  return text.size() <= 256 && all_of(text, is_visible) &&
         (text.starts_with("mailto:") || text.starts_with("https://"));
}
bool set_discovery(Channel& c, std::string_view text) {
  c.discovery = text;
  return is_topic(text);
}

template <std::string Channel::*member, bool (*allowed)(std::string_view)>
bool set_text(Channel& c, std::string_view text) {
  c.*member = text;
  return allowed(text);
}

struct ChannelKey {
  std::string_view name;
  unsigned types;
  unsigned required;  // by these; kToken below is one of two
  const char* range;  // completes "must be ..."
  bool (*set)(Channel&, std::string_view);
  bool secret = false;
};

constexpr ChannelKey kChannelKeys[] = {
    {"severity", kAll, 0, "notice (everything) or alarm", set_severity},
    {"quiet_hours", kAll, 0, "never, or local times such as 22:00-07:00", set_quiet_hours},
    {"url", kHttp | of({ChannelType::kMqtt}), kHttp | of({ChannelType::kMqtt}),
     "an address of at most 1024 bytes: http(s)://HOST..., for mqtt mqtt(s)://HOST[:PORT], without user and "
     "password, "
     "with known {{places}} only",
     set_url, true},
    {"ca_file", kHttp | of({ChannelType::kMqtt, ChannelType::kWebPush}), 0, "an absolute path",
     set_text<&Channel::ca_file, is_path>},
    {"topic", of({ChannelType::kNtfy}), of({ChannelType::kNtfy}), "1 to 64 letters, digits, _ and -",
     set_text<&Channel::topic, is_topic>, true},
    {"token", kTokens, 0, "1 to 1024 visible characters", set_text<&Channel::token, is_secret>, true},
    {"token_file", kTokens, 0, "an absolute path", set_text<&Channel::token_file, is_path>},
    {"buttons_topic", of({ChannelType::kNtfy}), 0, "1 to 64 letters, digits, _ and -",
     set_text<&Channel::buttons_topic, is_topic>, true},
    {"buttons_token", of({ChannelType::kNtfy}), 0, "1 to 1024 visible characters",
     set_text<&Channel::buttons_token, is_secret>, true},
    {"buttons_token_file", of({ChannelType::kNtfy}), 0, "an absolute path",
     set_text<&Channel::buttons_token_file, is_path>},
    {"key", of({ChannelType::kApprise}), of({ChannelType::kApprise}), "1 to 64 letters, digits, _ and -",
     set_text<&Channel::key, is_topic>, true},
    {"tag", of({ChannelType::kApprise}), 0, "1 to 64 letters, digits, _ and -",
     set_text<&Channel::tag, is_topic>},
    {"method", of({ChannelType::kWebhook}), 0, "POST, PUT or GET", set_method},
    {"body", of({ChannelType::kWebhook}), 0,
     "a text of at most 8192 bytes with places such as {{title}}, {{message}}, {{device}}, {{severity}}, "
     "{{time}}",
     set_body, true},
    {"escape", of({ChannelType::kWebhook}), 0, "one of json, html, url, text", set_escape},
    {"subscription", of({ChannelType::kWebPush}), 0,
     "what the browser gave: {\"endpoint\": ..., \"keys\": {...}}",
     set_text<&Channel::subscription, is_subscription>, true},
    {"subscription_file", of({ChannelType::kWebPush}), 0, "an absolute path",
     set_text<&Channel::subscription_file, is_path>},
    {"contact", of({ChannelType::kWebPush}), 0, "mailto:ADDRESS or https://...", set_contact},
    {"user", of({ChannelType::kMqtt}), 0, "1 to 64 letters, digits, _ and -",
     set_text<&Channel::user, is_topic>},
    {"discovery", of({ChannelType::kMqtt}), 0, "1 to 64 letters, digits, _ and -", set_discovery},
};

unsigned bit(ChannelType type) {
  return 1U << static_cast<unsigned>(type);
}

class ChannelReader {
 public:
  ChannelReader(std::string path, const Complain& complain) : path_(std::move(path)), complain_(complain) {}

  // False: something was complained about.
  bool read(const YAML::Node& map, Channel& channel) {
    if (!map.IsMap()) return fault(map.Mark(), path_ + " must be a map of keys, with a type");
    if (!read_type(map, channel)) return false;
    std::set<std::string> seen;
    for (const auto& pair : map) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "?";
      if (!seen.insert(key).second)
        fault(pair.first.Mark(), path_ + "." + printable(key) + " is given twice");
      else if (key != "type")
        read_key(key, pair.first.Mark(), pair.second, channel);
    }
    check_missing(map.Mark(), seen, channel);
    return good_;
  }

 private:
  bool fault(const YAML::Mark& mark, std::string text) {
    complain_(mark, std::move(text));
    return good_ = false;
  }

  bool read_type(const YAML::Node& map, Channel& channel) {
    for (const auto& pair : map) {
      if (!pair.first.IsScalar() || pair.first.Scalar() != "type") continue;
      const std::string name = pair.second.IsScalar() ? pair.second.Scalar() : "";
      const auto found =
          std::ranges::find(alert::kChannelTypes, name, [](const char* t) { return std::string(t); });
      if (found == std::end(alert::kChannelTypes))
        return fault(pair.second.Mark(),
                     path_ + ".type must be one of ntfy, gotify, webpush, mqtt, apprise, webhook, exec");
      channel.type = static_cast<ChannelType>(found - alert::kChannelTypes);
      return true;
    }
    return fault(map.Mark(), path_ + " needs a type: ntfy, gotify, webpush, mqtt, apprise, webhook or exec");
  }

  void read_key(const std::string& key, const YAML::Mark& mark, const YAML::Node& value, Channel& channel) {
    if (key == "headers" && channel.type == ChannelType::kWebhook) return read_headers(value, channel);
    if (key == "command" && channel.type == ChannelType::kExec) return read_command(value, channel);
    const auto known = std::ranges::find(kChannelKeys, key, &ChannelKey::name);
    if (known == std::end(kChannelKeys) || (known->types & bit(channel.type)) == 0) {
      fault(mark, "unknown key \"" + path_ + "." + printable(key, 64) + "\" of a channel of type " +
                      type_name(channel.type) + suggestion(key, channel.type));
      return;
    }
    if (value.IsScalar() && known->set(channel, value.Scalar())) return;
    std::string text = path_ + "." + key + " must be " + known->range;
    if (value.IsScalar() && !known->secret) text += ", not \"" + printable(value.Scalar(), 64) + "\"";
    fault(value.Mark(), std::move(text));
  }

  static std::string suggestion(const std::string& key, ChannelType type) {
    Suggestion nearest(key);
    for (const auto& known : kChannelKeys)
      if ((known.types & bit(type)) != 0) nearest.offer(known.name);
    return nearest.best() ? "; did you mean " + *nearest.best() + "?" : "";
  }

  void read_headers(const YAML::Node& value, Channel& channel) {
    if (!value.IsMap() || value.size() > 16) {
      fault(value.Mark(), path_ + ".headers must be a map of at most 16 headers");
      return;
    }
    for (const auto& pair : value) {
      const bool good = pair.first.IsScalar() && pair.second.IsScalar() && is_topic(pair.first.Scalar()) &&
                        pair.second.Scalar().size() <= 1024 && all_of(pair.second.Scalar(), is_line) &&
                        alert::unknown_place(pair.second.Scalar()).empty();
      if (good)
        channel.headers.emplace_back(pair.first.Scalar(), pair.second.Scalar());
      else
        fault(pair.first.Mark(),
              path_ +
                  ".headers: a name of letters, digits, - and _, and one line of at most 1024 bytes "
                  "with known {{places}} only");
    }
  }

  void read_command(const YAML::Node& value, Channel& channel) {
    const bool listed = value.IsSequence() && value.size() >= 1 && value.size() <= 32;
    bool good = listed && value[0].IsScalar() && is_path(value[0].Scalar());
    for (std::size_t i = 0; listed && i < value.size(); ++i)
      good = good && value[i].IsScalar() && value[i].Scalar().size() <= 1024 &&
             value[i].Scalar().find('\0') == std::string::npos;
    if (!good) {
      fault(value.Mark(), path_ + ".command must be a list: an absolute path and up to 31 arguments");
      return;
    }
    for (const auto& word : value) channel.command.push_back(word.Scalar());
  }

  void check_missing(const YAML::Mark& mark, const std::set<std::string>& seen, const Channel& channel) {
    for (const auto& key : kChannelKeys)
      if ((key.required & bit(channel.type)) != 0 && !seen.contains(std::string(key.name)))
        fault(mark, path_ + " needs " + std::string(key.name) + ": " + key.range);
    const auto one_of = [&](const char* one, const char* other, bool needed) {
      if (seen.contains(one) && seen.contains(other))
        fault(mark, path_ + " has both " + one + " and " + other);
      else if (needed && !seen.contains(one) && !seen.contains(other))
        fault(mark, path_ + " needs " + one + " or " + other);
    };
    one_of("token", "token_file", channel.type == ChannelType::kGotify);
    one_of("buttons_token", "buttons_token_file", false);
    one_of("subscription", "subscription_file", channel.type == ChannelType::kWebPush);
    if (channel.type == ChannelType::kExec && !seen.contains("command"))
      fault(mark, path_ + " needs command: a list of an absolute path and arguments");
    if (!channel.buttons_topic.empty() && channel.buttons_topic == channel.topic)
      fault(mark, path_ + ".buttons_topic must be another topic than the alerts' own");
  }

  std::string path_;
  const Complain& complain_;
  bool good_ = true;
};

}  // namespace

bool is_web_address(std::string_view text) {
  return text.empty() || has_scheme(text, {"https://", "http://"});
}

bool is_quiet_hours(std::string_view text) {
  return text == "never" || alert::parse_quiet_hours(text);
}

void read_channels(const YAML::Node& map, std::vector<Channel>& channels, const Complain& complain) {
  std::size_t taken = 0;
  for (const auto& pair : map) {
    if (++taken > alert::kMaxChannels)
      return complain(pair.first.Mark(), "notify.channels must have at most " +
                                             std::to_string(alert::kMaxChannels) + " entries");
    const std::string name = pair.first.IsScalar() ? pair.first.Scalar() : "";
    if (!is_topic(name) || name.size() > 32) {
      complain(pair.first.Mark(), "notify.channels: a name must be 1 to 32 letters, digits, _ and -");
      continue;
    }
    if (std::ranges::find(channels, name, &Channel::name) != channels.end()) {
      complain(pair.first.Mark(), "notify.channels." + name + " is given twice");
      continue;
    }
    Channel channel;
    channel.name = name;
    if (ChannelReader("notify.channels." + name, complain).read(pair.second, channel))
      channels.push_back(std::move(channel));
  }
}

}  // namespace gatewitness::config
