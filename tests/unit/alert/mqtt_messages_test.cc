// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/mqtt_messages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gatewitness::alert {
namespace {

using nlohmann::json;

json incident(const char* device, const char* state, const char* severity, const char* name = "Kitchen") {
  return {
      {"id", "1"},
      {"state", state},
      {"severity", severity},
      {"sentence", "It sent mail."},
      {"device",
       {{"id", device}, {"mac", device}, {"name", name}, {"class", "fridge"}, {"address", "192.168.1.20"}}}};
}

TEST(Mqtt, AnnouncesTheGatewayAndEachDevice) {
  const auto messages =
      announcements("homeassistant", json::array({incident("02:00:5e:10:00:01", "open", "alarm")}));
  ASSERT_EQ(messages.size(), 2U);
  const json gateway = json::parse(messages.at("homeassistant/device/gatewitness/config"));
  for (const char* key : {"dev", "o", "cmps", "state_topic", "availability_topic"})
    EXPECT_TRUE(gateway.contains(key)) << key;
  EXPECT_TRUE(gateway["o"].contains("name"));
  for (const auto& [name, component] : gateway["cmps"].items()) {
    EXPECT_TRUE(component.contains("p")) << name;
    EXPECT_TRUE(component.contains("unique_id")) << name;
  }
  const json device = json::parse(messages.at("homeassistant/device/gatewitness_02005e100001/config"));
  EXPECT_EQ(device["dev"]["name"], "Kitchen");
  EXPECT_EQ(device["dev"]["via_device"], "gatewitness");
  EXPECT_EQ(device["cmps"]["problem"]["p"], "binary_sensor");
  EXPECT_EQ(device["state_topic"], "gatewitness/02005e100001/state");
}

TEST(Mqtt, AStateIsTheWorstOpenIncident) {
  const auto messages =
      states({incident("02:00:5e:10:00:01", "open", "notice"), incident("02:00:5e:10:00:01", "open", "alarm"),
              incident("02:00:5e:10:00:02", "closed", "alarm"), incident("gateway", "open", "alarm"), 5,
              json::object()});
  EXPECT_EQ(messages.size(), 3U);
  EXPECT_EQ(json::parse(messages.at("gatewitness/gateway/state")),
            json::parse(R"({"problem": "ON", "open": 3})"));
  const json fridge = json::parse(messages.at("gatewitness/02005e100001/state"));
  EXPECT_EQ(fridge["problem"], "ON");
  EXPECT_EQ(fridge["severity"], "alarm");
  EXPECT_EQ(fridge["open"], 2);
  EXPECT_EQ(json::parse(messages.at("gatewitness/02005e100002/state"))["problem"], "OFF");
  EXPECT_EQ(json::parse(states(json::array()).at("gatewitness/gateway/state"))["problem"], "OFF");
}

TEST(Mqtt, NoDeviceWritesItselfIntoATopic) {
  EXPECT_EQ(topic_part("../#/+\x1b[31m:AA"), "__31maa");
  EXPECT_EQ(topic_part("192.168.1.20"), "192_168_1_20");
  EXPECT_LE(topic_part(std::string(500, 'a')).size(), 32U);
  const auto messages = announcements(
      "homeassistant", {incident("#/+", "open", "alarm"), incident("a", "open", "alarm", "\x1b<b>\n\u202e")});
  EXPECT_EQ(messages.size(), 2U);
  EXPECT_EQ(json::parse(messages.at("homeassistant/device/gatewitness_a/config"))["dev"]["name"],
            "\\x1b<b>\\x0a\\u{202e}");
}

TEST(Mqtt, DevicesAreBounded) {
  json many = json::array();
  for (int i = 0; i < 500; ++i) many.push_back(incident(("d" + std::to_string(i)).c_str(), "open", "alarm"));
  EXPECT_EQ(states(many).size(), kMaxMqttDevices + 1);
  EXPECT_EQ(announcements("h", many).size(), kMaxMqttDevices + 1);
}

TEST(Mqtt, AnEventSaysItsType) {
  EXPECT_EQ(json::parse(event_payload(test_alert({}), "m"))["event_type"], "test");
}

}  // namespace
}  // namespace gatewitness::alert
