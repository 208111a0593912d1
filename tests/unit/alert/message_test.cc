// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gatewitness::alert {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

Alert an_alert() {
  Alert alert = test_alert(*parse_timestamp("2026-11-24T12:03:11Z"));
  alert.reason = "opened";
  alert.incident = "12";
  alert.revision = 3;
  alert.severity = "alarm";
  alert.has_device = true;
  alert.name = "Kitchen";
  alert.mac = "02:00:5e:10:00:01";
  alert.title = "Fridge";
  alert.text = "Sent 14 mails.";
  alert.advice = "Unplug it.";
  return alert;
}

Moment at_once() {
  Moment moment;
  moment.now = an_alert().time + 1s;
  moment.utc_offset_s = 3600;
  return moment;
}

Channel a_channel(ChannelType type) {
  Channel channel;
  channel.name = "c";
  channel.type = type;
  channel.url = "https://push.example/";
  channel.topic = "home";
  channel.token = "s3cret";
  channel.key = "gw";
  return channel;
}

std::string header(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return "";
}

TEST(BodyText, SaysWhenAndHowLateAndWhatItStandsFor) {
  EXPECT_EQ(body_text(an_alert(), at_once(), 4000),
            "Sent 14 mails.\n\nUnplug it.\n\nAt 2026-11-24 13:03:11 +0100.");
  Moment late = at_once();
  late.now += 3h;
  late.utc_offset_s = -12600;
  late.collapsed = 1;
  EXPECT_NE(
      body_text(an_alert(), late, 4000)
          .find("At 2026-11-24 08:33:11 -0330, sent 3 h later. Stands for 1 earlier message about this."),
      std::string::npos);
  Alert long_one = an_alert();
  long_one.text = std::string(1500, 'x') + "\U0001F600";
  for (std::size_t most = 100; most < 110; ++most)
    EXPECT_LE(body_text(long_one, at_once(), most).size(), most);
}

TEST(BodyText, SaysHowSureInTheOwnersLanguage) {
  Alert alert = an_alert();
  alert.sure = "Alarm. Wie sicher: fast gewiss.";
  Moment late = at_once();
  late.language = words::Language::kGerman;
  late.now += 3h;
  late.collapsed = 2;
  EXPECT_EQ(
      body_text(alert, late, 4000),
      "Sent 14 mails.\n\nAlarm. Wie sicher: fast gewiss.\n\nUnplug it.\n\nUm 2026-11-24 13:03:11 +0100, 3 h "
      "sp\u00e4ter gesendet. Steht f\u00fcr 2 fr\u00fchere Nachrichten dazu.");
}

TEST(Ntfy, ButtonsAreLabelledInTheOwnersLanguage) {
  Channel channel = a_channel(ChannelType::kNtfy);
  channel.buttons_topic = "back";
  Moment moment = at_once();
  moment.buttons = ButtonKey{7};
  moment.guard = true;
  moment.language = words::Language::kSwedish;
  const json actions = json::parse(request_for(channel, an_alert(), moment).body)["actions"];
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0]["label"], "Tyst ett dygn");
  EXPECT_EQ(actions[1]["label"], "Sp\u00e4rra");
}

TEST(Ntfy, TheFormOfItsPublishing) {
  Moment moment = at_once();
  moment.click = "https://gw.example/";
  const Request request = request_for(a_channel(ChannelType::kNtfy), an_alert(), moment);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://push.example");
  EXPECT_EQ(header(request, "Authorization"), "Bearer s3cret");
  EXPECT_EQ(json::parse(request.body),
            json::parse(R"({"topic": "home", "title": "Fridge", "priority": 4, "tags": ["rotating_light"],
      "message": "Sent 14 mails.\n\nUnplug it.\n\nAt 2026-11-24 13:03:11 +0100.", "click": "https://gw.example/"})"));
  Alert alert = an_alert();
  const struct {
    const char* reason;
    const char* severity;
    bool severe;
    int priority;
  } cases[] = {{"opened", "alarm", true, 5}, {"opened", "notice", false, 3}, {"closed", "alarm", true, 2}};
  for (const auto& c : cases) {
    alert.reason = c.reason;
    alert.severity = c.severity;
    alert.severe = c.severe;
    EXPECT_EQ(json::parse(request_for(a_channel(ChannelType::kNtfy), alert, moment).body)["priority"],
              c.priority);
  }
}

TEST(Ntfy, ButtonsAreSignedCommandsToTheOtherTopic) {
  Channel channel = a_channel(ChannelType::kNtfy);
  channel.buttons_topic = "back";
  channel.buttons_token = "tk_w";
  Moment moment = at_once();
  moment.buttons = ButtonKey{7};
  moment.guard = true;
  const json actions = json::parse(request_for(channel, an_alert(), moment).body)["actions"];
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0]["label"], "Mute for a day");
  EXPECT_EQ(actions[1]["label"], "Quarantine");
  for (const auto& action : actions) {
    EXPECT_EQ(action["action"], "http");
    EXPECT_EQ(action["method"], "POST");
    EXPECT_EQ(action["url"], "https://push.example/back");
    EXPECT_EQ(action["headers"]["Authorization"], "Bearer tk_w");
    const auto command = verify(ButtonKey{7}, action["body"].get<std::string>(), "c", moment.now);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->incident, "12");
    EXPECT_EQ(command->expires, an_alert().time + 48h);
  }
  const auto labels = [&](const Alert& alert) {
    std::string text;
    for (const auto& action : json::parse(request_for(channel, alert, moment).body).value("actions", json()))
      text += action["label"].get<std::string>() + ";";
    return text;
  };
  Alert alert = an_alert();
  alert.mac.clear();
  EXPECT_EQ(labels(alert), "Mute for a day;") << "the gateway, or nobody: nothing to hold on to";
  moment.guard = false;
  EXPECT_EQ(labels(an_alert()), "Mute for a day;") << "a button that could not work is none";
  moment.guard = true;
  for (const char* reason : {"closed", "quarantined"}) {
    alert.reason = reason;
    EXPECT_EQ(labels(alert), "") << reason;
  }
}

TEST(Gotify, TheFormOfItsMessage) {
  Moment moment = at_once();
  moment.click = "https://gw.example/";
  const Request request = request_for(a_channel(ChannelType::kGotify), an_alert(), moment);
  EXPECT_EQ(request.url, "https://push.example/message");
  EXPECT_EQ(header(request, "X-Gotify-Key"), "s3cret");
  const json body = json::parse(request.body);
  EXPECT_EQ(body["title"], "Fridge");
  EXPECT_EQ(body["priority"], 8);
  EXPECT_EQ(body["extras"], json::parse(R"({"client::display": {"contentType": "text/plain"},
      "client::notification": {"click": {"url": "https://gw.example/"}}})"));
}

TEST(Apprise, TheFormOfItsNotify) {
  Channel channel = a_channel(ChannelType::kApprise);
  channel.tag = "home";
  const Request request = request_for(channel, an_alert(), at_once());
  EXPECT_EQ(request.url, "https://push.example/notify/gw");
  const json body = json::parse(request.body);
  EXPECT_EQ(body["type"], "failure");
  EXPECT_EQ(body["format"], "text");
  EXPECT_EQ(body["tag"], "home");
  EXPECT_EQ(body["title"], "Fridge");
}

TEST(Webhook, EscapesWhatStandsInItsPlaces) {
  Channel channel = a_channel(ChannelType::kWebhook);
  Alert alert = an_alert();
  alert.title = "a\"b<c>&d e\\f";
  const struct {
    Escape escape;
    const char* body;
    const char* wants;
    const char* type;
  } cases[] = {
      {Escape::kJson, R"({"t": "{{title}}", "k": "{{token}}"})", R"({"t": "a\"b<c>&d e\\f", "k": "s3cret"})",
       "application/json"},
      {Escape::kHtml, "<b>{{title}}</b>", "<b>a&quot;b&lt;c&gt;&amp;d e\\f</b>", "text/html; charset=utf-8"},
      {Escape::kUrl, "t={{title}}&x={{nonsense}}",
       "t=a%22b%3Cc%3E%26d%20e%5Cf&x=", "application/x-www-form-urlencoded"},
      {Escape::kText, "{{title}} {{", "a\"b<c>&d e\\f {{", "text/plain; charset=utf-8"},
  };
  for (const auto& c : cases) {
    channel.escape = c.escape;
    channel.body = c.body;
    const Request request = request_for(channel, alert, at_once());
    EXPECT_EQ(request.body, c.wants);
    EXPECT_EQ(header(request, "Content-Type"), c.type);
  }
}

TEST(Webhook, AddressAndHeadersAreTemplatesToo) {
  Channel channel = a_channel(ChannelType::kWebhook);
  channel.url = "https://push.example/bot{{token}}/send?d={{title}}";
  channel.headers = {{"X-Message", "{{message}}"}, {"content-type", "text/x"}};
  channel.method = "PUT";
  Alert alert = an_alert();
  alert.title = "a/b c";
  const Request request = request_for(channel, alert, at_once());
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "https://push.example/bots3cret/send?d=a%2Fb%20c");
  EXPECT_EQ(header(request, "X-Message").find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(header(request, "Content-Type"), "");
  EXPECT_EQ(json::parse(request.body)["incident"]["id"], "12") << "without a template: the alert as JSON";
  EXPECT_EQ(unknown_place("{{title}} {{token}} {{nonsense}}"), "nonsense");
  EXPECT_EQ(unknown_place("{{title}} {{"), "");
  EXPECT_EQ(unknown_place("{{}}"), "{{}}");
}

TEST(Secrets, AreFoundInEveryForm) {
  Channel channel = a_channel(ChannelType::kWebhook);
  channel.url = "https://push.example/hook/pathsecret";
  channel.token = "a\"b/cd";
  const auto secrets = secrets_of(channel);
  const std::string shown = redacted("x a\"b/cd a%22b%2Fcd a\\\"b/cd /hook/pathsecret", secrets);
  EXPECT_EQ(shown.find("cd"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("pathsecret"), std::string::npos) << shown;
  EXPECT_EQ(origin_of("https://push.example:8443/a?b"), "https://push.example:8443");
  EXPECT_EQ(origin_of("https://push.example"), "https://push.example");
  EXPECT_EQ(origin_of("nothing"), "");
}

}  // namespace
}  // namespace gatewitness::alert
