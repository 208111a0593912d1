// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/answer.h"

#include <nlohmann/json.hpp>

#include "daemon/inquiry/clearance.h"
#include "daemon/model/verdict.h"
#include "probes/wire/json_text.h"
#include "probes/wire/text.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;

json explanation(const json& request, const Views& views) {
  const auto id = request.find("id");
  if (id == request.end() || !id->is_string())
    return refusal("explain needs an \"id\", the id of an incident, as text");
  const auto& text = id->get_ref<const std::string&>();
  auto found = views.explain(text);
  if (!found) return refusal("there is no incident \"" + printable(text, 64) + "\"");
  return data(std::move(*found));
}

json answer_of(std::expected<json, std::string> made) {
  return made ? data(std::move(*made)) : refusal(made.error());
}

std::expected<Inquiry, std::string> inquiry_of(const json& request, const std::string& command) {
  const auto asked = request.find("inquiry");
  if (asked == request.end()) return std::unexpected(command + " needs an \"inquiry\", an object");
  auto inquiry = inquiry_from_json(*asked);
  if (!inquiry) return std::unexpected("inquiry: " + inquiry.error());
  if (const auto missing = what_is_missing(*inquiry)) return std::unexpected("inquiry: " + *missing);
  return inquiry;
}

json testimony(const json& request, const Views& views) {
  const auto inquiry = inquiry_of(request, "attribute");
  if (!inquiry) return refusal(inquiry.error());
  return answer_of(views.attribute(*inquiry));
}

json file_of(std::expected<std::string, std::string> made) {
  return made ? data({{"file", std::move(*made)}}) : refusal(made.error());
}

json incidents(const json& request, const Views& views) {
  const auto asked = request.find("language");
  if (asked == request.end()) return data(views.incidents(words::Language::kEnglish));
  const auto language =
      asked->is_string() ? words::parse_language(asked->get_ref<const std::string&>()) : std::nullopt;
  if (!language) return refusal("\"language\" must be en, de or sv");
  return data(views.incidents(*language));
}

json evidence_file(const json& request, const Views& views) {
  if (const auto id = request.find("incident"); id != request.end()) {
    if (!id->is_string()) return refusal("\"incident\" must be the id of an incident, as text");
    return file_of(views.export_incident(id->get_ref<const std::string&>()));
  }
  const auto inquiry = inquiry_of(request, "export (without an \"incident\")");
  if (!inquiry) return refusal(inquiry.error());
  return file_of(views.export_inquiry(*inquiry));
}

json clearance(const json& request, const Views& views) {
  std::optional<Timestamp> times[2];
  const char* const keys[2] = {"from", "to"};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto text = request.find(keys[i]);
    const auto parsed = text != request.end() && text->is_string()
                            ? parse_timestamp(text->get_ref<const std::string&>())
                            : std::unexpected(std::string("is needed"));
    if (!parsed)
      return refusal("\"" + std::string(keys[i]) + "\" must be a time such as 2026-11-24T12:03:11Z: it " +
                     parsed.error());
    times[i] = *parsed;
  }
  if (const auto fault = fault_of(*times[0], *times[1])) return refusal(*fault);
  return answer_of(views.cleared(*times[0], *times[1]));
}

constexpr std::size_t kMaxName = 64;

json owners_word(const json& request, const Views& views) {
  OwnerWord word;
  const auto mac = request.find("mac");
  const auto parsed = mac != request.end() && mac->is_string()
                          ? MacAddress::parse(mac->get_ref<const std::string&>())
                          : std::nullopt;
  if (!parsed || parsed->is_zero() || parsed->is_multicast())
    return refusal("\"mac\" must be the MAC address of one device, such as 02:00:5e:10:00:01");
  word.mac = *parsed;
  if (const auto name = request.find("name"); name != request.end()) {
    if (!name->is_string() || name->get_ref<const std::string&>().size() > kMaxName)
      return refusal("\"name\" must be text of at most 64 bytes");
    word.name = name->get<std::string>();
  }
  if (const auto role = request.find("role"); role != request.end()) {
    const auto known = role->is_string() ? role->get_ref<const std::string&>() : std::string("?");
    word.role = known == "none" ? std::optional(Role::kNone) : parse_role(known);
    if (!word.role) return refusal("\"role\" must be mail-server, smarthost-user, appliance or none");
  }
  if (!word.name && !word.role) return refusal("owner needs a \"name\", a \"role\" or both");
  return answer_of(views.owner(word));
}

// An unsigned number in a range; absent: the default.
std::expected<uint64_t, std::string> count(const json& request, const char* key, uint64_t low, uint64_t high,
                                           std::optional<uint64_t> otherwise) {
  const auto found = request.find(key);
  if (found == request.end() && otherwise) return *otherwise;
  if (found != request.end() && found->is_number_unsigned() && *found >= low && *found <= high)
    return found->get<uint64_t>();
  return std::unexpected("\"" + std::string(key) + "\" must be a whole number from " + std::to_string(low) +
                         " to " + std::to_string(high));
}

json alerts(const json& request, const Views& views) {
  const auto after = count(request, "after", 0, INT64_MAX, 0);
  if (!after) return refusal(after.error());
  const auto limit = count(request, "limit", 1, 64, 64);
  if (!limit) return refusal(limit.error());
  return answer_of(views.alerts(*after, *limit));
}

bool is_kind(std::string_view text) {
  for (uint8_t kind = 0; kind < kKinds; ++kind)
    if (to_string(static_cast<Kind>(kind)) == text) return true;
  return false;
}

json mute(const json& request, const Views& views) {
  MuteWord word;
  const auto take = [&](const char* key, std::optional<std::string>& into) {
    const auto found = request.find(key);
    if (found == request.end()) return true;
    if (!found->is_string() || found->get_ref<const std::string&>().empty() ||
        found->get_ref<const std::string&>().size() > kMaxName)
      return false;
    into = found->get<std::string>();
    return true;
  };
  if (!take("incident", word.incident) || !take("device", word.device) || !take("kind", word.kind))
    return refusal("\"incident\", \"device\" and \"kind\" must be text of 1 to 64 bytes");
  if (!word.incident && !word.device && !word.kind)
    return refusal(
        "mute needs an \"incident\", the id of one, as text; or a \"device\", a \"kind\", or both");
  if (word.incident && (word.device || word.kind))
    return refusal("mute takes an \"incident\", or a \"device\" and a \"kind\", not all of them");
  if (word.kind && !is_kind(*word.kind))
    return refusal("there is no kind \"" + printable(*word.kind, 64) + "\" of incident");
  if (word.device && *word.device == "*") return refusal("\"device\" must be the id of one device");
  const auto length = count(request, "for_s", 0, 31UL * 86'400, std::nullopt);
  if (!length) return refusal(length.error());
  word.length = std::chrono::seconds(*length);
  return answer_of(views.mute(word));
}

json answer_object(const json& request, const Views& views) {
  const auto command = request.find("command");
  if (command == request.end() || !command->is_string())
    return refusal("the request needs a \"command\", as text");
  const auto& name = command->get_ref<const std::string&>();
  if (name == "status") return data(views.status());
  if (name == "devices") return data(views.devices());
  if (name == "incidents") return incidents(request, views);
  if (name == "explain") return explanation(request, views);
  if (name == "attribute") return testimony(request, views);
  if (name == "owner") return owners_word(request, views);
  if (name == "export") return evidence_file(request, views);
  if (name == "alerts") return alerts(request, views);
  if (name == "mute") return mute(request, views);
  if (name == "muted") return data(views.muted());
  if (name == "cleared") return clearance(request, views);
  if (name == "addresses") return answer_of(views.addresses());
  return refusal("unknown command \"" + printable(name, 64) +
                 "\"; there are status, devices, incidents, explain, attribute, export, cleared, alerts, "
                 "mute, muted, addresses, owner, block, unblock, blocked");
}

}  // namespace

json refusal(const std::string& text) {
  return {{"ok", false}, {"error", text}};
}

json data(json value) {
  return {{"ok", true}, {"data", std::move(value)}};
}

std::string answer_request(std::span<const uint8_t> request, const Views& views) {
  if (request.size() > kMaxRequest) return as_line(refusal("the request is longer than 4096 bytes"));
  const json parsed = read_json(request);
  if (!parsed.is_object()) return as_line(refusal("the request must be one JSON object"));
  return as_line(answer_object(parsed, views));
}

std::string as_line(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace gatewitness::control
