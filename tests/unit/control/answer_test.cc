// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gatewitness::control {
namespace {

using nlohmann::json;

const Views kViews = {
    .status =
        [] {
          return json{{"quiet", true}};
        },
    .devices = [] { return json::array({"d"}); },
    .incidents =
        [](words::Language in) {
          return in == words::Language::kEnglish ? json::array() : json::array({words::to_string(in)});
        },
    .explain = [](std::string_view id) -> std::optional<json> {
      if (id == "1") return json{{"id", "1"}, {"ehlo", "\x1b[31m\xff"}};
      return std::nullopt;
    },
    .attribute = [](const Inquiry& inquiry) -> std::expected<json, std::string> { return to_json(inquiry); },
    .export_incident = [](std::string_view id) -> std::expected<std::string, std::string> {
      return "file of " + std::string(id);
    },
    .export_inquiry = [](const Inquiry& inquiry) -> std::expected<std::string, std::string> {
      return "file of " + inquiry.queue_id;
    },
    .cleared = [](Timestamp from, Timestamp to) -> std::expected<json, std::string> {
      return json{{"from", to_string(from)}, {"to", to_string(to)}};
    },
    .alerts = [](uint64_t after, uint64_t limit) -> std::expected<json, std::string> {
      return json{{"after", after}, {"limit", limit}};
    },
    .mute = [](const MuteWord& word) -> std::expected<json, std::string> {
      return json{{"id", word.incident.value_or("-")},
                  {"device", word.device.value_or("-")},
                  {"kind", word.kind.value_or("-")},
                  {"s", std::chrono::duration_cast<std::chrono::seconds>(word.length).count()}};
    },
    .muted = [] { return json::array({"m"}); },
    .owner = [](const OwnerWord& word) -> std::expected<json, std::string> {
      return json{{"mac", to_string(word.mac)}, {"name", word.name.value_or("-")}};
    },
    .addresses = [] { return json::array(); },
};

std::string ask(std::string_view request) {
  return answer_request({reinterpret_cast<const uint8_t*>(request.data()), request.size()}, kViews);
}

TEST(Answer, GivesTheViewThatWasAskedFor) {
  EXPECT_EQ(ask(R"({"command":"status"})"), R"({"data":{"quiet":true},"ok":true})");
  EXPECT_EQ(ask(R"({"command":"devices"})"), R"({"data":["d"],"ok":true})");
  EXPECT_EQ(ask(R"({"command":"incidents", "unknown": 5})"), R"({"data":[],"ok":true})");
  EXPECT_EQ(ask(R"({"command":"incidents", "language": "sv"})"), R"({"data":["sv"],"ok":true})");
  for (const char* language : {"\"fr\"", "5", "null"})
    EXPECT_EQ(ask(std::string(R"({"command":"incidents", "language": )") + language + "}"),
              R"({"error":"\"language\" must be en, de or sv","ok":false})");
}

TEST(Answer, TextsFromTheWireCannotHarmATerminal) {
  EXPECT_EQ(ask(R"({"command":"explain","id":"1"})"),
            R"({"data":{"ehlo":"\u001b[31m\ufffd","id":"1"},"ok":true})");
}

TEST(Answer, TellsAWrongRequestWhatIsWrong) {
  const struct {
    const char* name;
    std::string request;
    const char* says;
  } cases[] = {
      {"nothing", "", "one JSON object"},
      {"no JSON", "status", "one JSON object"},
      {"a list", "[]", "one JSON object"},
      {"two values", "{} {}", "one JSON object"},
      {"bytes", "\xff\xfe", "one JSON object"},
      {"depth", std::string(4096, '['), "one JSON object"},
      {"too long", std::string(4097, ' '), "longer than 4096"},
      {"no command", "{}", "needs a \\\"command\\\""},
      {"a number", R"({"command":5})", "needs a \\\"command\\\""},
      {"unknown", R"({"command":"reboot"})", "unknown command \\\"reboot\\\""},
      {"unknown and hostile", R"({"command":"\u001b[2J"})", "x1b[2J"},
      {"no id", R"({"command":"explain"})", "needs an \\\"id\\\""},
      {"id is a number", R"({"command":"explain","id":1})", "needs an \\\"id\\\""},
      {"no such id", R"({"command":"explain","id":"2"})", "no incident \\\"2\\\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string answer = ask(c.request);
    EXPECT_FALSE(json::parse(answer).at("ok").get<bool>());
    EXPECT_NE(answer.find(c.says), std::string::npos) << answer;
    EXPECT_EQ(answer.find('\n'), std::string::npos);
  }
}

TEST(Answer, AlertsAndMuteKeepToTheirRanges) {
  EXPECT_EQ(ask(R"({"command":"alerts","after":7,"limit":3})"),
            R"({"data":{"after":7,"limit":3},"ok":true})");
  EXPECT_EQ(ask(R"({"command":"alerts"})"), R"({"data":{"after":0,"limit":64},"ok":true})");
  EXPECT_EQ(ask(R"({"command":"mute","incident":"4","for_s":60})"),
            R"({"data":{"device":"-","id":"4","kind":"-","s":60},"ok":true})");
  EXPECT_EQ(ask(R"({"command":"mute","device":"gateway","kind":"burst","for_s":0})"),
            R"({"data":{"device":"gateway","id":"-","kind":"burst","s":0},"ok":true})");
  EXPECT_EQ(ask(R"({"command":"muted"})"), R"({"data":["m"],"ok":true})");
  for (const char* request :
       {R"({"command":"alerts","after":-1})", R"({"command":"alerts","limit":65})",
        R"({"command":"mute","incident":4})", R"({"command":"mute","incident":"4"})",
        R"({"command":"mute","for_s":60})", R"({"command":"mute","incident":"4","kind":"burst","for_s":60})",
        R"({"command":"mute","kind":"bursts","for_s":60})", R"({"command":"mute","device":"*","for_s":60})",
        R"({"command":"mute","device":"","for_s":60})",
        R"({"command":"mute","device":"gateway","for_s":2678401})"})
    EXPECT_NE(ask(request).find(R"("ok":false)"), std::string::npos) << request;
}

TEST(Answer, ExportTakesAnIncidentOrAnInquiry) {
  EXPECT_EQ(ask(R"({"command":"export","incident":"5"})"), R"({"data":{"file":"file of 5"},"ok":true})");
  EXPECT_EQ(ask(R"({"command":"export","inquiry":{"queue_id":"Q1"}})"),
            R"({"data":{"file":"file of Q1"},"ok":true})");
  for (const char* request : {R"({"command":"export"})", R"({"command":"export","incident":5})",
                              R"({"command":"export","inquiry":{"port":1}})"})
    EXPECT_NE(ask(request).find(R"("ok":false)"), std::string::npos) << request;
}

}  // namespace
}  // namespace gatewitness::control
