// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "daemon/cli/fields.h"
#include "daemon/cli/render.h"

namespace gatewitness::cli {
namespace {

using nlohmann::json;

std::string attempt(const json& r) {
  std::string text = shown(r, "client_mac") + "  " + shown(r, "flow") + "  " + shown(r, "outcome");
  if (const auto application = shown(r, "application"); !application.empty()) text += "  " + application;
  const auto smtp = r.find("smtp");
  if (smtp == r.end()) return text;
  if (const auto ehlo = shown(*smtp, "ehlo", 64); !ehlo.empty()) text += "  says it is " + ehlo;
  if (const auto n = number(*smtp, "messages_accepted"); n > 0)
    text += "  " + count_of(n, "message accepted", "messages accepted");
  for (const auto& refusal : list(*smtp, "refusals"))
    text += "  refused: " + shown(refusal, "kind") + " " + shown(refusal, "list");
  return text;
}

std::string binding(const json& r) {
  return shown(r, "inside") + "  left as  " + shown(r, "outside") +
         (r.value("gateway_origin", false) ? "  (the gateway's own)" : "") +
         (shown(r, "ended").empty() ? "" : "  ended");
}

std::string claim(const json& r) {
  return shown(r, "address") + (r.value("withdrawn", false) ? " no longer belongs to " : " belongs to ") +
         shown(r, "mac") + "  (" + shown(r, "source") + ")";
}

std::string fact(const json& r) {
  return shown(r, "mac") + "  " + shown(r, "kind") + ": " + shown(r, "value");
}

std::string query(const json& r) {
  return shown(r, "mac") + "  asks for the mail exchangers of " + shown(r, "name");
}

std::string gap(const json& r) {
  return "not seen: " + shown(r, "reason") + " " + shown(r, "interface") +
         (number(r, "count") == 0 ? "" : ", " + thousands(number(r, "count")));
}

std::string local(const json& r) {
  return shown(r, "interface") + " has " + shown(r, "address") + "/" + shown(r, "prefix_length") +
         (r.value("removed", false) ? " no longer" : "");
}

std::string health(const json& r) {
  std::string text = r.value("stopping", false) ? "ends" : "is well";
  for (const auto& interface : list(r, "interfaces"))
    text += "  " + shown(interface, "name") + (interface.value("up", false) ? "" : " down") + " " +
            thousands(number(interface, "received"));
  return text;
}

std::string of_probe(const json& event) {
  static const std::map<std::string, std::string (*)(const json&)> kWords = {
      {"attempt", attempt}, {"binding", binding}, {"address_claim", claim}, {"identity_fact", fact},
      {"mx_query", query},  {"capture_gap", gap}, {"local_address", local}, {"probe_status", health}};
  const std::string type = shown(event, "type");
  const auto words = kWords.find(type);
  return short_time(shown(event, "time")).substr(11) + "  " + shown(event, "probe") + "  " + type + "  " +
         (words == kWords.end() ? shown(event, "record") : words->second(event.at("record")));
}

std::string of_quarantine(const json& event, const Style& style) {
  const json& quarantine = event.at("quarantine");
  if (!quarantine.is_object()) return "";
  return short_time(shown(event, "time")).substr(11) + "  " +
         style.paint(Tone::kYellow, shown(event, "event") == "device-quarantined" ? "blocked" : "unblocked") +
         "  " + shown_again(quarantine, "sentence");
}

std::string of_incident(const json& event, const Style& style) {
  // An alert's or a device's event is for programs: what it says of an incident was said when that changed.
  const auto found = event.find("incident");
  if (found == event.end() || !found->is_object()) return "";
  const json& incident = *found;
  const std::string severity = shown(incident, "severity");
  const std::string what = shown(event, "event");
  std::string word = severity == "alarm" ? "ALARM" : "notice";
  return short_time(shown(event, "time")).substr(11) + "  " +
         style.paint(what == "incident-closed" ? Tone::kDim : tone_of(severity),
                     word + " #" + shown(incident, "id") + " " + what.substr(what.find('-') + 1)) +
         "  " + shown_again(incident, "sentence") +
         (shown(incident, "grade").empty() ? "" : " [" + shown(incident, "grade") + "]");
}

}  // namespace

std::string short_time(std::string_view rfc3339) {
  std::string text(rfc3339.substr(0, 19));
  if (text.size() == 19) text[10] = ' ';
  return text.size() == 19 ? text : "0000-00-00 --:--:--";
}

std::string render_event(const json& event, const Style& style) {
  if (event.contains("quarantine")) return of_quarantine(event, style);
  return event.contains("event") ? of_incident(event, style) : of_probe(event);
}

}  // namespace gatewitness::cli
