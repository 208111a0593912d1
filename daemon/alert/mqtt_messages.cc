// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/mqtt_messages.h"

#include <nlohmann/json.hpp>

namespace gatewitness::alert {
namespace {

using nlohmann::json;
using words::Language;
using words::Message;
using words::say;

std::string text_of(const json& object, const char* key, std::size_t max_bytes) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string()
             ? harmless(found->get_ref<const std::string&>(), max_bytes)
             : "";
}

struct HomeDevice {
  std::string name, device_class, mac, address;
  uint64_t open = 0;
  std::string worst, sentence;  // of the open ones
};

// By topic part.
std::map<std::string, HomeDevice> devices_of(const json& incidents) {
  std::map<std::string, HomeDevice> devices;
  if (!incidents.is_array()) return devices;
  for (const auto& incident : incidents) {
    if (!incident.is_object()) continue;
    const auto device = incident.find("device");
    if (device == incident.end() || !device->is_object()) continue;
    const std::string part = topic_part(text_of(*device, "id", 64));
    if (part.empty() || (!devices.contains(part) && devices.size() >= kMaxMqttDevices)) continue;
    HomeDevice& known = devices[part];
    known.name = text_of(*device, "name", 96);
    known.device_class = text_of(*device, "class", 32);
    known.mac = text_of(*device, "mac", 32);
    known.address = text_of(*device, "address", 64);
    if (text_of(incident, "state", 16) != "open") continue;
    ++known.open;
    const std::string severity = text_of(incident, "severity", 16);
    if (known.worst == "alarm" && severity != "alarm") continue;
    known.worst = severity;
    known.sentence = text_of(incident, "sentence", 250);
  }
  return devices;
}

uint64_t open_of(const json& incidents) {
  uint64_t open = 0;
  if (incidents.is_array())
    for (const auto& incident : incidents)
      open += incident.is_object() && text_of(incident, "state", 16) == "open";
  return open;
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string state_topic(const std::string& part) {
  return std::string(kMqttRoot) + "/" + part + "/state";
}

json origin() {
  return {{"name", "gatewitness"}, {"sw", GATEWITNESS_VERSION}};
}

json problem_sensor(const std::string& id, Language in) {
  return {{"p", "binary_sensor"},
          {"unique_id", id + "_problem"},
          {"name", say(in, Message::kMqttProblem)},
          {"device_class", "problem"},
          {"value_template", "{{ value_json.problem }}"}};
}

json gateway_announcement(Language in) {
  const std::string id = "gatewitness";
  return {{"dev",
           {{"ids", json::array({id})},
            {"name", "gatewitness"},
            {"mf", "gatewitness"},
            {"sw", GATEWITNESS_VERSION}}},
          {"o", origin()},
          {"cmps",
           {{"problem", problem_sensor(id, in)},
            {"open",
             {{"p", "sensor"},
              {"unique_id", id + "_open"},
              {"name", say(in, Message::kMqttOpen)},
              {"state_class", "measurement"},
              {"value_template", "{{ value_json.open }}"}}},
            {"alert",
             {{"p", "event"},
              {"unique_id", id + "_alert"},
              {"name", say(in, Message::kMqttAlert)},
              {"state_topic", event_topic()},
              {"event_types",
               {"opened", "worsened", "continues", "reopened", "closed", "quarantined", "test", "done"}}}}}},
          {"state_topic", state_topic("gateway")},
          {"availability_topic", availability_topic()}};
}

json device_announcement(const std::string& part, const HomeDevice& device, Language in) {
  const std::string id = "gatewitness_" + part;
  json dev = {{"ids", json::array({id})},
              {"name", device.name.empty()
                           ? say(in, Message::kMqttDevice, {{"id", device.mac.empty() ? part : device.mac}})
                           : device.name},
              {"via_device", "gatewitness"}};
  if (!device.device_class.empty() && device.device_class != "unknown") dev["mdl"] = device.device_class;
  json problem = problem_sensor(id, in);
  problem["json_attributes_topic"] = state_topic(part);
  return {{"dev", dev},
          {"o", origin()},
          {"cmps", {{"problem", problem}}},
          {"state_topic", state_topic(part)},
          {"availability_topic", availability_topic()}};
}

}  // namespace

std::string topic_part(std::string_view device_id) {
  std::string part;
  for (const char c : device_id) {
    if (part.size() >= 32) break;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      part += c;
    else if (c >= 'A' && c <= 'Z')
      part += static_cast<char>(c - 'A' + 'a');
    else if (c == '.')
      part += '_';
  }
  return part;
}

std::string availability_topic() {
  return std::string(kMqttRoot) + "/availability";
}

std::string event_topic() {
  return std::string(kMqttRoot) + "/event";
}

Retained announcements(std::string_view discovery, const json& incidents, Language in) {
  const std::string prefix = std::string(discovery) + "/device/gatewitness";
  Retained messages;
  messages[prefix + "/config"] = dumped(gateway_announcement(in));
  // The gateway itself may be the culprit: it has its own sensor already, and the same id would replace it.
  for (const auto& [part, device] : devices_of(incidents))
    if (part != "gateway")
      messages[prefix + "_" + part + "/config"] = dumped(device_announcement(part, device, in));
  return messages;
}

Retained states(const json& incidents) {
  Retained messages;
  const uint64_t open = open_of(incidents);
  messages[state_topic("gateway")] = dumped({{"problem", open > 0 ? "ON" : "OFF"}, {"open", open}});
  for (const auto& [part, device] : devices_of(incidents)) {
    if (part == "gateway") continue;
    messages[state_topic(part)] = dumped({{"problem", device.open > 0 ? "ON" : "OFF"},
                                          {"open", device.open},
                                          {"severity", device.worst},
                                          {"sentence", device.sentence},
                                          {"mac", device.mac},
                                          {"address", device.address}});
  }
  return messages;
}

std::string event_payload(const Alert& alert, std::string_view message) {
  json value = to_json(alert);
  value["event_type"] = alert.reason;
  value["message"] = message;
  return dumped(value);
}

}  // namespace gatewitness::alert
