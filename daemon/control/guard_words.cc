// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/guard_words.h"

#include <nlohmann/json.hpp>

#include "daemon/words/words.h"
#include "probes/wire/text.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;
using quarantine::Quarantine;
using quarantine::Scope;
using quarantine::Target;

const json* field(const json& request, const char* key) {
  const auto found = request.find(key);
  return found == request.end() || found->is_null() ? nullptr : &*found;
}

std::expected<bool, std::string> flag_of(const json& request, const char* key) {
  const json* value = field(request, key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  return std::unexpected("\"" + std::string(key) + "\" must be true or false");
}

std::string who(const Quarantine& q, std::string_view name) {
  if (q.target.is_gateway()) return "the gateway itself";
  const std::string mac = to_string(*q.target.mac);
  return name.empty() || name == mac ? mac : "\"" + printable(name, 64) + "\" (" + mac + ")";
}

std::string what(const Quarantine& q, std::string_view name) {
  return (q.scope == Scope::kAll ? "All traffic of " : "The mail of ") + who(q, name);
}

}  // namespace

std::expected<Target, std::string> read_target(const json& request) {
  const json* mac = field(request, "mac");
  const auto target =
      mac != nullptr && mac->is_string() ? Target::parse(mac->get_ref<const std::string&>()) : std::nullopt;
  if (target) return *target;
  return std::unexpected(
      "\"mac\" must be the MAC address of one device, such as 02:00:5e:10:00:01, or gateway");
}

std::expected<BlockWords, std::string> read_block(const json& request) {
  BlockWords words;
  const json* incident = field(request, "incident");
  if ((incident != nullptr) == (field(request, "mac") != nullptr))
    return std::unexpected("block needs a \"mac\" or an \"incident\"");
  if (incident != nullptr) {
    if (!incident->is_string() || incident->get_ref<const std::string&>().empty())
      return std::unexpected("\"incident\" must be the id of an incident, as text");
    words.incident = incident->get<std::string>();
  } else {
    const auto target = read_target(request);
    if (!target) return std::unexpected(target.error());
    words.target = *target;
  }
  if (const json* length = field(request, "for_s")) {
    if (!length->is_number_unsigned() || length->get<uint64_t>() < 1 ||
        length->get<uint64_t>() > static_cast<uint64_t>(quarantine::kLongest.count()))
      return std::unexpected("\"for_s\" must be a whole number of seconds from 1 to " +
                             std::to_string(quarantine::kLongest.count()));
    words.length = std::chrono::seconds(length->get<int64_t>());
  }
  const auto all = flag_of(request, "all"), force = flag_of(request, "force");
  if (!all) return std::unexpected(all.error());
  if (!force) return std::unexpected(force.error());
  if (field(request, "all") != nullptr) words.all = *all;
  words.force = *force;
  if (const json* from = field(request, "from_mac")) {
    words.from_mac =
        from->is_string() ? MacAddress::parse(from->get_ref<const std::string&>()) : std::nullopt;
    if (!words.from_mac) return std::unexpected("\"from_mac\" must be a MAC address");
  }
  if (const json* from = field(request, "from_address")) {
    words.from_address =
        from->is_string() ? IpAddress::parse(from->get_ref<const std::string&>()) : std::nullopt;
    if (!words.from_address) return std::unexpected("\"from_address\" must be an IPv4 or IPv6 address");
    words.from_address = words.from_address->unmapped();
  }
  return words;
}

std::string sentence(const Quarantine& q, std::string_view name) {
  const std::string until = to_the_minute(q.end), incident = std::to_string(q.cause.incident);
  if (q.cause.automatic)
    return words::say(
        words::Language::kEnglish, words::Message::kQuarantinedText,
        {{"who", what(q, name)}, {"until", until}, {"incident", incident}, {"id", to_string(q.target)}});
  std::string text = what(q, name) + " is blocked until " + until + ", as you asked";
  if (q.cause.incident != 0) text += " because of incident #" + incident;
  return text + ". `gatewitness unblock " + to_string(q.target) + "` ends it.";
}

std::string sentence_of_end(const Quarantine& q, std::string_view name) {
  return what(q, name) + " is no longer blocked.";
}

}  // namespace gatewitness::control
