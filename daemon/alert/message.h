// SPDX-License-Identifier: Apache-2.0
//
// An alert in each channel's own form: an HTTP request as a value, or what goes to a command. PURE; the forms
// are those that the servers' own documents give (ntfy "publish as JSON", Gotify "POST /message", Apprise API
// "POST /notify/KEY").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/alert/alert.h"
#include "daemon/alert/button.h"
#include "daemon/alert/channel.h"

namespace gatewitness::alert {

struct Request {
  std::string method = "POST";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// What the words of a delivery depend on besides the alert.
struct Moment {
  Timestamp now;
  words::Language language = words::Language::kEnglish;
  int utc_offset_s = 0;              // of the local time, at the alert's time
  uint32_t collapsed = 0;            // earlier messages that this one stands for
  std::string click;                 // "": nothing opens
  std::optional<ButtonKey> buttons;  // to sign with, where the channel has a topic for them
  bool guard = false;                // there is one that a button can ask for a quarantine
  std::string epoch;                 // of the alert log: incidents are numbered anew in each
};

// Text, how sure, advice, when it happened, and that it comes late or stands for others: paragraphs, at most
// max_bytes.
std::string body_text(const Alert& alert, const Moment& moment, std::size_t max_bytes);

// Not for webpush, mqtt and exec.
Request request_for(const Channel& channel, const Alert& alert, const Moment& moment);
// The alert as JSON with "message", for exec and webhooks without a template.
std::string plain_json(const Alert& alert, const Moment& moment);

// {{title}} and the like; an unknown place stays empty. `secret`: what {{token}} stands for.
std::string fill(std::string_view text, const Alert& alert, const Moment& moment, Escape escape,
                 std::string_view secret);
// The first {{place}} of a template that does not exist; "" if all do.
std::string unknown_place(std::string_view text);

// What must not be shown of this channel.
std::vector<std::string> secrets_of(const Channel& channel);
// Each secret replaced by "***", however a server sent it back.
std::string redacted(std::string text, const std::vector<std::string>& secrets);
// "https://host:port": what may be shown of an address.
std::string origin_of(std::string_view url);

}  // namespace gatewitness::alert
