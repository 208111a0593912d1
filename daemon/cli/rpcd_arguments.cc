// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "daemon/cli/rpcd.h"
#include "daemon/model/network.h"
#include "probes/wire/mac.h"
#include "probes/wire/utf8.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;
using Part = std::expected<json, std::string>;

constexpr std::size_t kMaxArguments = 64 * 1024;
constexpr int kMaxDepth = 4;
constexpr int64_t kShortest = 60;
constexpr int64_t kLongest = 365LL * 24 * 3600;

// The text of that name; nothing if it is absent or something else.
const std::string* text_of(const json& arguments, const char* key) {
  const auto found = arguments.find(key);
  return found != arguments.end() && found->is_string() ? &found->get_ref<const std::string&>() : nullptr;
}

bool is_word(std::string_view text, std::string_view beside) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           beside.find(c) != beside.npos;
  });
}

bool has_control_character(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_character(text);
    if (character.code < 0x20 || (character.code >= 0x7f && character.code < 0xa0)) return true;
    text.remove_prefix(character.size);
  }
  return false;
}

}  // namespace

Part read_arguments() {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while (text.size() <= kMaxArguments) {
    got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (text.size() > kMaxArguments) return std::unexpected("the request is longer than 64 KiB");
  if (text.find_first_not_of(" \t\r\n") == text.npos) return json::object();
  bool too_deep = false;
  json arguments = json::parse(
      text,
      [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMaxDepth;
        return depth <= kMaxDepth;
      },
      false);
  if (!arguments.is_object() || too_deep) return std::unexpected("the request must be one JSON object");
  return arguments;
}

Part pick_id(const json& arguments, const char* key) {
  const auto* text = text_of(arguments, key);
  if (text != nullptr && is_word(*text, "-")) return json{{key, *text}};
  return std::unexpected(std::string(key) + " must be the number of an incident, as text");
}

Part pick_mac(const json& arguments) {
  const auto* text = text_of(arguments, "mac");
  const auto mac = text == nullptr ? std::nullopt : MacAddress::parse(*text);
  if (mac && !mac->is_zero() && !mac->is_multicast()) return json{{"mac", to_string(*mac)}};
  return std::unexpected("mac must be the MAC address of one device, such as 02:00:5e:10:00:01");
}

Part pick_name(const json& arguments) {
  const auto* text = text_of(arguments, "name");
  if (text != nullptr && text->size() <= 64 && is_utf8(*text) && !has_control_character(*text))
    return json{{"name", *text}};
  return std::unexpected("name must be text of at most 64 bytes without control characters");
}

Part pick_role(const json& arguments) {
  const auto* text = text_of(arguments, "role");
  if (text != nullptr && (*text == "none" || parse_role(*text))) return json{{"role", *text}};
  return std::unexpected("role must be mail-server, smarthost-user, appliance or none");
}

Part pick_time(const json& arguments) {
  const auto found = arguments.find("for_s");
  if (found != arguments.end() && found->is_number_integer()) {
    const auto seconds = found->is_number_unsigned() && found->get<uint64_t>() > uint64_t{kLongest}
                             ? kLongest + 1
                             : found->get<int64_t>();
    if (seconds >= kShortest && seconds <= kLongest) return json{{"for_s", seconds}};
  }
  return std::unexpected("for_s must be a whole number of seconds from 60 to 31536000");
}

Part pick_channel(const json& arguments) {
  const auto* text = text_of(arguments, "channel");
  if (text != nullptr && is_word(*text, "-_.")) return json{{"channel", *text}};
  return std::unexpected("channel must be the name of a channel");
}

std::expected<std::string, std::string> pick_report(const json& arguments) {
  const auto* text = text_of(arguments, "report");
  if (text == nullptr || text->find_first_not_of(" \t\r\n") == text->npos)
    return std::unexpected("report must be the text of an abuse report");
  if (text->size() > kMaxReport)
    return std::unexpected("report must be at most 49152 bytes; the first part, with the headers, is enough");
  return *text;
}

}  // namespace gatewitness::cli
