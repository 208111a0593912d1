// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/answer.h"

#include <nlohmann/json.hpp>

#include "probes/wire/text.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;

json refusal(const std::string& text) {
  return {{"ok", false}, {"error", text}};
}

json data(json value) {
  return {{"ok", true}, {"data", std::move(value)}};
}

json explanation(const json& request, const Views& views) {
  const auto id = request.find("id");
  if (id == request.end() || !id->is_string())
    return refusal("explain needs an \"id\", the id of an incident, as text");
  const auto& text = id->get_ref<const std::string&>();
  auto found = views.explain(text);
  if (!found) return refusal("there is no incident \"" + printable(text, 64) + "\"");
  return data(std::move(*found));
}

json answer_object(const json& request, const Views& views) {
  const auto command = request.find("command");
  if (command == request.end() || !command->is_string())
    return refusal("the request needs a \"command\", as text");
  const auto& name = command->get_ref<const std::string&>();
  if (name == "status") return data(views.status());
  if (name == "devices") return data(views.devices());
  if (name == "incidents") return data(views.incidents());
  if (name == "explain") return explanation(request, views);
  return refusal("unknown command \"" + printable(name, 64) +
                 "\"; there are status, devices, incidents, explain");
}

}  // namespace

std::string answer_request(std::span<const uint8_t> request, const Views& views) {
  if (request.size() > kMaxRequest) return as_line(refusal("the request is longer than 4096 bytes"));
  const json parsed = json::parse(request.begin(), request.end(), nullptr, false);
  if (!parsed.is_object()) return as_line(refusal("the request must be one JSON object"));
  return as_line(answer_object(parsed, views));
}

std::string as_line(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace gatewitness::control
