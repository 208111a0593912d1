// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/template.h"

#include <nlohmann/json.hpp>

#include "daemon/alert/message.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;

// The inside of a JSON string.
std::string json_inside(std::string_view text) {
  const std::string quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

std::string percent(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~')
      out += c;
    else
      out.append({'%', kDigits[byte >> 4], kDigits[byte & 15U]});
  }
  return out;
}

struct Place {
  std::string_view name;
  std::string (*value)(const Alert& alert, const Moment& moment);
};
const Place kPlaces[] = {
    {"title", [](const Alert& a, const Moment&) { return a.title; }},
    {"message", [](const Alert& a, const Moment& m) { return body_text(a, m, 8000); }},
    {"text", [](const Alert& a, const Moment&) { return a.text; }},
    {"sure", [](const Alert& a, const Moment&) { return a.sure; }},
    {"advice", [](const Alert& a, const Moment&) { return a.advice; }},
    {"technical", [](const Alert& a, const Moment&) { return a.technical; }},
    {"time", [](const Alert& a, const Moment&) { return to_string(a.time); }},
    {"reason", [](const Alert& a, const Moment&) { return a.reason; }},
    {"severity", [](const Alert& a, const Moment&) { return a.severity; }},
    {"kind", [](const Alert& a, const Moment&) { return a.kind; }},
    {"grade", [](const Alert& a, const Moment&) { return a.grade; }},
    {"incident", [](const Alert& a, const Moment&) { return a.incident; }},
    {"revision", [](const Alert& a, const Moment&) { return std::to_string(a.revision); }},
    {"device", [](const Alert& a, const Moment&) { return a.name.empty() ? a.device_id : a.name; }},
    {"class", [](const Alert& a, const Moment&) { return a.device_class; }},
    {"mac", [](const Alert& a, const Moment&) { return a.mac; }},
    {"vendor", [](const Alert& a, const Moment&) { return a.vendor; }},
    {"address", [](const Alert& a, const Moment&) { return a.address; }},
    {"url", [](const Alert&, const Moment& m) { return m.click; }},
};

const Place* find_place(std::string_view name) {
  for (const Place& place : kPlaces)
    if (place.name == name) return &place;
  return nullptr;
}

// Calls text(piece) and place(name) in order. Braces without end are text.
template <typename Text, typename Name>
void walk(std::string_view text, Text on_text, Name on_place) {
  while (!text.empty()) {
    const std::size_t begin = text.find("{{");
    const std::size_t end = begin == text.npos ? text.npos : text.find("}}", begin + 2);
    if (end == text.npos) return on_text(text);
    on_text(text.substr(0, begin));
    on_place(text.substr(begin + 2, end - begin - 2));
    text.remove_prefix(end + 2);
  }
}

void replace_all(std::string& text, const std::string& what) {
  if (what.size() < 4) return;  // too short to be told from other text
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += 3)
    text.replace(at, what.size(), "***");
}

}  // namespace

std::string escaped(std::string_view text, Escape escape) {
  switch (escape) {
    case Escape::kJson:
      return json_inside(text);
    case Escape::kHtml:
      return html(text);
    case Escape::kUrl:
      return percent(text);
    case Escape::kText:
      break;
  }
  return std::string(text);
}

std::string fill(std::string_view text, const Alert& alert, const Moment& moment, Escape escape,
                 std::string_view secret) {
  std::string out;
  walk(
      text, [&](std::string_view piece) { out += piece; },
      [&](std::string_view name) {
        if (name == "token")
          out += escaped(secret, escape);
        else if (const Place* place = find_place(name))
          out += escaped(place->value(alert, moment), escape);
      });
  return out;
}

std::string unknown_place(std::string_view text) {
  std::string unknown;
  walk(
      text, [](std::string_view) {},
      [&](std::string_view name) {
        if (unknown.empty() && name != "token" && find_place(name) == nullptr)
          unknown = name.empty() ? "{{}}" : name;
      });
  return unknown;
}

std::vector<std::string> secrets_of(const Channel& channel) {
  std::vector<std::string> secrets;
  const auto add = [&](const std::string& secret) {
    if (!secret.empty()) secrets.push_back(secret);
  };
  add(channel.token);
  add(channel.buttons_token);
  add(channel.subscription);
  add(channel.key);
  for (const auto& [name, value] : channel.headers) add(value);
  // A webhook's path is often the secret itself; so is a push endpoint.
  if (channel.type == ChannelType::kWebhook || channel.type == ChannelType::kWebPush) {
    const std::string path = channel.url.substr(std::min(channel.url.size(), origin_of(channel.url).size()));
    if (path.size() > 1) add(path);
  }
  return secrets;
}

std::string redacted(std::string text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    replace_all(text, secret);
    if (const auto coded = percent(secret); coded != secret) replace_all(text, coded);
    if (const auto coded = json_inside(secret); coded != secret) replace_all(text, coded);
  }
  return text;
}

std::string origin_of(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == url.npos) return "";
  return std::string(url.substr(0, std::min(url.find_first_of("/?#", host + 3), url.size())));
}

}  // namespace gatewitness::alert
