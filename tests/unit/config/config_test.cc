// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/config.h"

#include <gtest/gtest.h>

#include "daemon/config/values.h"

namespace gatewitness::config {
namespace {

using namespace std::chrono_literals;

// All errors of a text, one to a line.
std::string errors(std::string_view text) {
  const auto config = parse(text);
  std::string all;
  if (!config)
    for (const Error& error : config.error()) all += to_string("f", error) + "\n";
  return all;
}

TEST(Config, EmptyIsTheDefaults) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "detection:\n", "detection:\n  burst:\n", "{}"})
    EXPECT_EQ(errors(text), "") << text;
  EXPECT_EQ(parse("")->pipeline.network.mail_ports, (std::vector<uint16_t>{25, 465, 587, 2525}));
}

TEST(Config, ReadsEveryKindOfValue) {
  const auto config = parse(R"(
daemon: {run_dir: /tmp/run, log_level: debug, allow_no_seccomp: true}
capture: {interfaces: [br-lan, "eth0.2"], mail_ports: [26, 2526], heartbeat: 1500ms}
network: {lan_prefixes: [203.0.113.0/24, "2001:db8::/32"]}
devices:
  02:00:5e:10:00:01: {name: Kitchen fridge, role: appliance}
  02-00-5E-10-00-02: {role: mail-server}
detection:
  burst: {short_attempts: 7, surprise: 1e-6, long_window: 2h, enabled: false}
)");
  ASSERT_TRUE(config) << to_string("f", config.error().front());
  EXPECT_EQ(config->daemon.run_dir, "/tmp/run");
  EXPECT_EQ(config->daemon.log_level, LogLevel::kDebug);
  EXPECT_TRUE(config->daemon.allow_no_seccomp);
  EXPECT_EQ(config->capture.interfaces, (std::vector<std::string>{"br-lan", "eth0.2"}));
  EXPECT_EQ(config->capture.heartbeat, 1500ms);
  EXPECT_EQ(config->capture.mail_ports, (std::vector<uint16_t>{26, 2526}));
  EXPECT_TRUE(config->pipeline.network.is_mail_port(2526));
  EXPECT_TRUE(config->pipeline.network.is_mail_port(25));
  EXPECT_EQ(config->pipeline.network.lan_prefixes.size(), 2U);
  EXPECT_EQ(config->pipeline.owner.at(*MacAddress::parse("02:00:5e:10:00:01")).name, "Kitchen fridge");
  EXPECT_EQ(config->pipeline.owner.at(*MacAddress::parse("02:00:5e:10:00:02")).role, Role::kMailServer);
  EXPECT_EQ(config->pipeline.detection.burst.short_attempts, 7U);
  EXPECT_DOUBLE_EQ(config->pipeline.detection.burst.surprise, 1e-6);
  EXPECT_EQ(config->pipeline.detection.burst.long_window, 2h);
  EXPECT_FALSE(config->pipeline.detection.burst.enabled);
}

TEST(Config, NamesEachMistakeWithItsPlace) {
  const struct {
    const char* name;
    const char* text;
    const char* says;
  } cases[] = {
      {"unknown", "detektion: {}", "f:1:1: unknown key \"detektion\"; did you mean detection?"},
      {"unknown below", "detection:\n  burst:\n    short_atempts: 3",
       "f:3:5: unknown key \"detection.burst.short_atempts\"; did you mean detection.burst.short_attempts?"},
      {"elsewhere", "smarthost_days: 3",
       "f:1:1: unknown key \"smarthost_days\"; did you mean detection.smarthost_days?"},
      {"nothing like it", "zzzzzzzzzz: 3", "f:1:1: unknown key \"zzzzzzzzzz\"\n"},
      {"escapes", "\"a\\x1b[31m\": 1", "unknown key \"a\\x1b[31m\""},
      {"twice", "incident:\n  quiet: 1h\n  quiet: 2h", "f:3:3: incident.quiet is given twice"},
      {"section twice", "incident: {}\nincident: {}", "f:2:1: incident is given twice"},
      {"below the range", "incident: {attempts: 3}",
       "f:1:22: incident.attempts must be a whole number from 4 to 1024, not \"3\""},
      {"above the range", "incident: {attempts: 1025}", "from 4 to 1024, not \"1025\""},
      {"beyond 64 bits", "incident: {attempts: 99999999999999999999}", "from 4 to 1024"},
      {"octal", "incident: {attempts: 010}", "not \"010\" (a leading zero would mean octal)"},
      {"hex", "incident: {attempts: 0x10}", "must be a whole number"},
      {"negative", "incident: {attempts: -5}", "must be a whole number"},
      {"a fraction", "incident: {attempts: 5.0}", "must be a whole number"},
      {"quoted", "incident: {attempts: \"64\"}", "must be a whole number"},
      {"a list", "incident: {attempts: [64]}",
       "f:1:22: incident.attempts must be a whole number from 4 to 1024, not a list"},
      {"empty", "incident: {attempts: }", "not empty"},
      {"nan", "detection: {burst: {surprise: .nan}}", "must be a number from 1e-12 to 0.1, not \".nan\""},
      {"inf", "detection: {burst: {surprise: .inf}}", "must be a number"},
      {"bare inf", "detection: {burst: {surprise: inf}}", "must be a number"},
      {"yes", "capture: {ndpi: yes}", "f:1:17: capture.ndpi must be true or false, not \"yes\""},
      {"no unit", "incident: {quiet: 60}",
       "f:1:19: incident.quiet must be a time with its unit (ms, s, m, h, d) from 1m to 30d, not \"60\""},
      {"wrong unit", "incident: {quiet: 60sec}", "must be a time"},
      {"a time too long", "incident: {quiet: 31d}", "from 1m to 30d"},
      {"a time that wraps", "incident: {quiet: 18446744073709551615d}", "from 1m to 30d"},
      {"level", "daemon: {log_level: loud}", "must be one of error, warning, info, debug, not \"loud\""},
      {"relative folder", "daemon: {run_dir: run}", "must be an absolute path"},
      {"interface", "capture: {interfaces: [../etc]}", "f:1:24: each of capture.interfaces must be"},
      {"interface too long", "capture: {interfaces: [abcdefghijklmnop]}", "each of capture.interfaces"},
      {"interface twice", "capture: {interfaces: [a, a]}", "given once"},
      {"not a list", "capture: {interfaces: br-lan}", "must be a list of at most 16"},
      {"built-in port", "capture: {mail_ports: [25]}", "none of 25"},
      {"octal port", "capture: {mail_ports: [026]}", "octal"},
      {"host bits", "network: {lan_prefixes: [203.0.113.1/24]}", "without host bits"},
      {"no map", "- a\n- b", "f:1:1: the file must be a map"},
      {"scalar", "hello", "the file must be a map"},
      {"section is no map", "detection: 5", "f:1:12: detection must be a map of keys, not \"5\""},
      {"several documents", "incident: {}\n---\nincident: {}", "f:2:1: a second document begins here"},
      {"broken", "detection: [", "not YAML"},
      {"tab", "detection:\n\tburst: 1", "f:2:7: not YAML"},
      {"undefined alias", "detection: *nobody", "not YAML"},
      {"map as key", "{a: b}: c", "a key must be a word"},
      {"no MAC", "devices: {fridge: {name: x}}", "must be a device's MAC address"},
      {"group MAC", "devices: {01:00:5e:00:00:01: {name: x}}", "must be a device's MAC address"},
      {"MAC twice", "devices: {02:00:5e:00:00:01: {name: x}, 02-00-5e-00-00-01: {name: y}}", "given twice"},
      {"role", "devices: {02:00:5e:00:00:01: {role: king}}", "role must be one of mail-server"},
      {"device key", "devices: {02:00:5e:00:00:01: {nam: x}}", "did you mean name?"},
      {"windows", "detection: {burst: {short_window: 20m}}",
       "f:1:35: detection.burst.short_window must be shorter than detection.burst.long_window"},
      {"heartbeat", "capture: {heartbeat: 40s}", "capture.heartbeat must be shorter than incident.silence"},
      {"quiet hours", "notify: {quiet_hours: 22-7}",
       "f:1:23: notify.quiet_hours must be never, or local times such as 22:00-07:00, not \"22-7\""},
      {"page", "notify: {url: 'ftp://x'}", "notify.url must be an address http(s)://HOST"},
      {"channel without type", "notify: {channels: {a: {url: 'https://x'}}}",
       "f:1:24: notify.channels.a needs a type: ntfy,"},
      {"channel of no type", "notify: {channels: {a: {type: fax}}}",
       "f:1:31: notify.channels.a.type must be one of ntfy"},
      {"channel name", "notify: {channels: {'a b': {type: exec}}}", "a name must be 1 to 32 letters"},
      {"another type's key", "notify: {channels: {a: {type: gotify, url: 'https://x', token: t, topic: y}}}",
       "unknown key \"notify.channels.a.topic\" of a channel of type gotify"},
      {"near key", "notify: {channels: {a: {type: ntfy, url: 'https://x', topic: y, tokn: t}}}",
       "did you mean token?"},
      {"missing key", "notify: {channels: {a: {type: ntfy, url: 'https://x'}}}",
       "notify.channels.a needs topic:"},
      {"no token", "notify: {channels: {a: {type: gotify, url: 'https://x'}}}", "needs token or token_file"},
      {"two tokens", "notify: {channels: {a: {type: gotify, url: 'https://x', token: t, token_file: /t}}}",
       "has both token"},
      {"user in address", "notify: {channels: {a: {type: gotify, url: 'https://u:p@x', token: t}}}",
       "without user and password"},
      {"line break in header",
       "notify: {channels: {a: {type: webhook, url: 'https://x', headers: {A: \"b\\r\\nC: d\"}}}}",
       "headers: a name of letters"},
      {"unknown place", "notify: {channels: {a: {type: webhook, url: 'https://x', body: '{{titel}}'}}}",
       "with places such as"},
      {"relative command", "notify: {channels: {a: {type: exec, command: [tell]}}}",
       "an absolute path and up to 31"},
      {"same topic", "notify: {channels: {a: {type: ntfy, url: 'https://x', topic: y, buttons_topic: y}}}",
       "must be another topic"},
      {"subscription", "notify: {channels: {a: {type: webpush, subscription: '{}'}}}",
       "must be what the browser gave"},
      {"failure shares", "detection: {failed_contacts: {benign_failure: 0.9}}", "must be less than"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_NE(errors(c.text).find(c.says), std::string::npos) << errors(c.text);
  }
}

TEST(Config, ReadsChannels) {
  const auto config = parse(R"(
notify:
  quiet_hours: 22:00-07:00
  channels:
    phone: {type: ntfy, url: "https://ntfy.example", topic: home, token_file: /t, severity: alarm, quiet_hours: never}
    script: {type: exec, command: [/bin/tell, -x]}
    other: {url: "https://h.example/{{token}}", type: webhook, token: s3cret, headers: {X-A: "{{token}}"}, escape: html}
)");
  ASSERT_TRUE(config) << to_string("f", config.error().front());
  const auto& notify = config->notify;
  EXPECT_EQ(notify.quiet_hours, (alert::QuietHours{22 * 60, 7 * 60}));
  ASSERT_EQ(notify.channels.size(), 3U);
  EXPECT_EQ(notify.channels[0].topic, "home");
  EXPECT_TRUE(notify.channels[0].alarms_only && notify.channels[0].own_quiet_hours);
  EXPECT_FALSE(notify.channels[0].quiet_hours);
  EXPECT_EQ(notify.channels[1].command, (std::vector<std::string>{"/bin/tell", "-x"}));
  EXPECT_EQ(notify.channels[2].escape, alert::Escape::kHtml);
}

TEST(Config, NeverShowsASecret) {
  const char* texts[] = {
      "notify: {channels: {a: {type: gotify, url: 'https://x', token: 'SECRET with blanks'}}}",
      "notify: {channels: {a: {type: gotify, url: 'https://u:SECRET@x', token: t}}}",
      "notify: {channels: {a: {type: ntfy, url: 'https://x', topic: 'SECRET topic'}}}",
      "notify: {channels: {a: {type: webpush, subscription: '{SECRET'}}}",
      "notify: {channels: {a: {type: webhook, url: 'https://x', headers: {A: '{{SECRET}}'}}}}",
  };
  for (const char* text : texts) {
    EXPECT_NE(errors(text), "") << text;
    EXPECT_EQ(errors(text).find("SECRET"), std::string::npos) << errors(text);
  }
}

TEST(Config, TellsAllErrorsInOneRun) {
  const std::string all = errors("incident:\n  quiet: 1\n  reopen: x\ncolour: red\ncapture:\n  ndpi: on\n");
  EXPECT_EQ(std::ranges::count(all, '\n'), 4) << all;
}

TEST(Config, LimitsAreLimits) {
  const auto list = [](int count) {
    std::string text = "capture: {interfaces: [";
    for (int i = 0; i < count; ++i) text += "if" + std::to_string(i) + ",";
    return text + "]}";
  };
  EXPECT_EQ(errors(list(16)), "");
  EXPECT_NE(errors(list(17)).find("at most 16 entries"), std::string::npos);

  EXPECT_EQ(errors("#" + std::string(kMaxBytes - 1, 'x')), "");
  EXPECT_NE(errors("#" + std::string(kMaxBytes, 'x')).find("longer than 256 KiB"), std::string::npos);

  std::string many;
  for (int i = 0; i < 300; ++i) many += "key" + std::to_string(i) + ": 1\n";
  const auto config = parse(many);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().size(), kMaxErrors);
  EXPECT_NE(config.error().back().text.find("too many errors"), std::string::npos);
}

TEST(Config, AliasesAndDepthCannotMultiplyTheWork) {
  std::string laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name < 'k'; ++name) {
    laughs += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 9; ++i) laughs += "*" + std::string(1, static_cast<char>(name - 1)) + ",";
    laughs += "]\n";
  }
  EXPECT_NE(errors(laughs + "capture: {interfaces: *j}"), "");
  EXPECT_NE(errors("incident: &i {incident: *i}"), "");
  EXPECT_NE(errors(std::string(10'000, '[')), "");
  EXPECT_NE(errors(std::string(10'000, '{')), "");
  EXPECT_EQ(errors("attribution: {devices: &n 64, bindings: *n}"), "");
}

TEST(Values, Durations) {
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("100ms"), 100ms);
  EXPECT_EQ(parse_duration("7d"), 24h * 7);
  EXPECT_EQ(parse_duration("10000d"), 24h * 10000);
  for (const char* bad : {"", "s", "10", "10001d", "010s", "1.5h", "-1s", "1 s", "1S", "1m2s"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  EXPECT_EQ(duration_text(600s), "10m");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(0s), "0s");
}

}  // namespace
}  // namespace gatewitness::config
