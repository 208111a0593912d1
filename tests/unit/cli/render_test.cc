// SPDX-License-Identifier: Apache-2.0
//
// What a person reads: right words for documented shapes, and harmless whatever the texts in them are.
#include "daemon/cli/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

namespace gatewitness::cli {
namespace {

using nlohmann::json;

constexpr const char* kTime = "2026-11-24T12:03:11.000250Z";

json device() {
  return {{"id", "00:00:5e:00:53:20"},
          {"name", "kitchen-fridge"},
          {"class", "fridge"},
          {"random_mac", true},
          {"shared_mac", true},
          {"role", "appliance"},
          {"addresses",
           {{{"address", "2001:db8::20"}, {"source", "nd"}, {"from", kTime}, {"to", nullptr}},
            {{"address", "192.168.1.20"}, {"source", "dhcp"}, {"from", kTime}, {"to", nullptr}},
            {{"address", "192.168.1.9"}, {"source", "dhcp"}, {"from", kTime}, {"to", kTime}}}},
          {"last_seen", kTime},
          {"attempts", {{"port25", 1400}, {"submission", 1}, {"other", 2}}},
          {"verdict", "alarm"}};
}

json explanation() {
  return {{"id", "1"},
          {"kind", "direct-to-mx"},
          {"severity", "alarm"},
          {"state", "open"},
          {"opened", kTime},
          {"updated", kTime},
          {"closed", nullptr},
          {"device", {{"id", "00:00:5e:00:53:20"}}},
          {"grade", "strong"},
          {"sentence", "The fridge did it."},
          {"counts", {{"attempts", 1}, {"destinations", 1}}},
          {"grade_reasons", {"no NAT binding was recorded"}},
          {"advice", "Unplug it."},
          {"verdicts",
           {{{"rule", "R1 burst"},
             {"severity", "alarm"},
             {"time", kTime},
             {"count", 10},
             {"limit", 10},
             {"window_s", 60}}}},
          {"attempts",
           {{{"time", kTime},
             {"flow", "tcp 192.168.1.20:40000 > 198.51.100.9:25"},
             {"outcome", "closed"},
             {"ehlo", "[0.0.0.0]"},
             {"accepted", 2},
             {"at_least", true},
             {"refusals", {{{"kind", "block-list"}, {"code", 554}, {"list", "zen.spamhaus.org"}}}},
             {"queue_ids", {"4Q1"}},
             {"tls", "started"},
             {"sni", "mx.example.net"},
             {"binding", {{"outside", "tcp 203.0.113.7:61000 > 198.51.100.9:25"}}}}}},
          {"evidence", {{{"time", kTime}, {"source", "frame"}, {"text", "a frame"}}}},
          {"gaps",
           {{{"from", kTime},
             {"to", kTime},
             {"reason", "kernel-drop"},
             {"probe", "capture"},
             {"interface", "br-lan"},
             {"count", 3}}}}};
}

json status() {
  return {{"quiet", false},
          {"sentence", "1 open alarm."},
          {"incidents_open", {{"alarm", 1}, {"notice", 0}}},
          {"devices", 2},
          {"attempts", 1},
          {"upstream_blocks_port25", true},
          {"probes",
           {{{"probe", "capture"},
             {"silent", true},
             {"sandboxed", false},
             {"note", "no seccomp"},
             {"records", 10},
             {"lost", 1},
             {"restarts", 2},
             {"last_heard", kTime},
             {"interfaces", {{{"name", "br-lan"}, {"up", false}, {"received", 1000}, {"dropped", 1}}}}}}},
          {"gaps",
           {{{"from", kTime},
             {"to", kTime},
             {"reason", "restart"},
             {"probe", "capture"},
             {"interface", ""},
             {"count", 0}}}},
          {"notifier",
           {{"running", false},
            {"daemon_error", "the daemon does not answer"},
            {"channels",
             {{{"name", "phone"},
               {"type", "ntfy"},
               {"to", "https://push.example"},
               {"waiting", 2},
               {"next_try", kTime},
               {"quiet", true},
               {"delivered", 1400},
               {"refused", 1},
               {"expired", 1},
               {"last_delivered", kTime},
               {"last_error", "HTTP 500"},
               {"last_error_time", kTime}}}},
            {"buttons",
             {{{"channel", "phone"},
               {"reading", true},
               {"accepted", 3},
               {"refused", {{"forged", 1}, {"expired", 1}}}}}}}},
          {"daemon",
           {{"version", "1"},
            {"started", kTime},
            {"received", 1},
            {"guard", {{"enabled", true}, {"answers", true}, {"quarantines", 1}, {"restored", 2}}},
            {"journal", {{"failing", true}}}}}};
}

json report() {
  return {{"files",
           {{{"path", "home.pcap"},
             {"records", 2},
             {"mail_records", 1},
             {"state", "truncated"},
             {"note", "truncated: after 2 packets"}}}},
          {"from", kTime},
          {"to", kTime},
          {"status", status()},
          {"counters", {{"bytes_lost", 12}, {"flows_evicted", 2}}},
          {"devices", {device()}},
          {"incidents", {explanation()}}};
}

json event(const char* type, json record) {
  return {{"time", kTime}, {"probe", "capture"}, {"type", type}, {"record", std::move(record)}};
}

std::vector<json> events() {
  const json attempt = {
      {"client_mac", "00:00:5e:00:53:20"},
      {"flow", "tcp 192.168.1.20:40000 > 198.51.100.9:25"},
      {"outcome", "closed"},
      {"application", "SMTP"},
      {"smtp",
       {{"ehlo", "x"}, {"messages_accepted", 1}, {"refusals", {{{"kind", "policy"}, {"list", "l"}}}}}}};
  return {
      event("attempt", attempt),
      event("binding", {{"inside", "a"}, {"outside", "b"}, {"gateway_origin", true}, {"ended", kTime}}),
      event("address_claim", {{"address", "a"}, {"mac", "m"}, {"source", "dhcp"}, {"withdrawn", true}}),
      event("identity_fact", {{"mac", "m"}, {"kind", "dhcp_host_name"}, {"value", "fridge"}}),
      event("mx_query", {{"mac", "m"}, {"name", "example.net"}}),
      event("capture_gap", {{"reason", "kernel-drop"}, {"interface", "br-lan"}, {"count", 7}}),
      event("local_address",
            {{"interface", "br-lan"}, {"address", "a"}, {"prefix_length", 24}, {"removed", true}}),
      event("probe_status",
            {{"stopping", true}, {"interfaces", {{{"name", "br-lan"}, {"up", false}, {"received", 1}}}}}),
      event("of another version", {{"what", "ever"}}),
      {{"event", "incident-opened"}, {"time", kTime}, {"incident", explanation()}},
      {{"event", "device-quarantined"}, {"time", kTime}, {"quarantine", {{"sentence", "It is blocked."}}}},
      {{"event", "device-released"}, {"time", kTime}, {"quarantine", {{"sentence", "It is free."}}}}};
}

std::string events_in_words(const json& all, const Style& style) {
  std::string text;
  for (const auto& one : all) text += render_event(one, style) + "\n";
  return text;
}

struct View {
  const char* name;
  std::string (*render)(const json&, const Style&);
  json value;
};

std::vector<View> views() {
  return {{"status", render_status, status()},
          {"devices", render_devices, json::array({device()})},
          {"incidents", render_incidents, json::array({explanation()})},
          {"explain", render_explanation, explanation()},
          {"replay", render_replay, report()},
          {"watch", events_in_words, json(events())}};
}

// Every text in it, but not what tells records apart.
void replace_texts(json& value, const std::string& with) {
  if (value.is_string()) value = with;
  if (value.is_array())
    for (auto& item : value) replace_texts(item, with);
  if (value.is_object())
    for (auto& [key, item] : value.items())
      if (key != "type" && key != "event") replace_texts(item, with);
}

bool is_harmless(const std::string& text) {
  static const char* kMarks[] = {"\u202a", "\u202d", "\u202e", "\u2066", "\u2067",
                                 "\u2068", "\u200b", "\u200f", "\u009b"};
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
  });
  return !control && std::none_of(std::begin(kMarks), std::end(kMarks),
                                  [&](const char* mark) { return text.find(mark) != std::string::npos; });
}

auto lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(Render, NoTextMovesTheTerminal) {
  // One word each, so that only an injected line break could change the number of lines.
  const std::string hostile[] = {
      "\033[2J\033[31m",          "a\nb\r\nc",    "\u202egpj.exe", "\u009b31m",
      std::string("nul\0nul", 7), "\xff\xfe\x80", "\x7f\b\b\b",    "\u2066\u200b\u200f"};
  Style wide;
  wide.width = 100'000;
  for (const auto& view : views()) {
    const auto want = lines_of(view.render(view.value, wide));
    for (const auto& text : hostile) {
      SCOPED_TRACE(std::string(view.name) + ": " +
                   json(text).dump(-1, ' ', true, json::error_handler_t::replace));
      json value = view.value;
      replace_texts(value, text);
      const std::string shown = view.render(value, wide);
      EXPECT_TRUE(is_harmless(shown)) << shown;
      EXPECT_EQ(lines_of(shown), want) << shown;
    }
  }
}

TEST(Render, LongTextsAreCut) {
  for (const auto& view : views()) {
    SCOPED_TRACE(view.name);
    json value = view.value;
    replace_texts(value, std::string(100'000, 'x'));
    EXPECT_LT(view.render(value, Style{}).size(), 100'000u);
  }
}

TEST(Render, EmptyAnswersAreSentences) {
  EXPECT_EQ(render_devices(json::array(), {}), "No device has been seen yet.\n");
  EXPECT_EQ(render_incidents(json::array(), {}), "Nothing happened that needs a word.\n");
}

TEST(RenderStatus, SaysHowTheGuardAndTheChannelsAre) {
  const std::string text = render_status(status(), {});
  EXPECT_NE(
      text.find("Guard\n  1 device in quarantine (`gatewitness blocked`), put back 2 times after a change of "
                "the firewall\n"),
      std::string::npos)
      << text;
  EXPECT_NE(
      text.find("Notifier\n"
                "  not running: nobody is told; this is how it was\n"
                "  the daemon does not answer\n"
                "  phone (ntfy, https://push.example)  failing  1,400 delivered, last 2026-11-24 12:03:11, "
                "2 waiting until 2026-11-24 12:03:11, quiet hours, 2 given up\n"
                "    2026-11-24 12:03:11  HTTP 500\n"
                "  Buttons of phone: 3 pressed, 2 refused (forged, expired, used or not ours)\n"),
      std::string::npos)
      << text;
  json silent = status();
  silent["daemon"]["guard"] = {{"enabled", true}, {"answers", false}, {"fault", "is it running?"}};
  silent["notifier"] = nullptr;
  EXPECT_NE(render_status(silent, {}).find("Guard\n  silent: is it running?\n"), std::string::npos);
  EXPECT_EQ(render_status(silent, {}).find("Notifier"), std::string::npos);
}

// It comes from a file: whatever stands in it.
TEST(RenderStatus, ANotifierThatWritesNonsenseDoesNoHarm) {
  for (const json& nonsense :
       {json(5), json::array(), json{{"running", "yes"}, {"channels", 7}},
        json{{"channels", {5, {{"name", 5}, {"waiting", "x"}, {"gone", 1}, {"delivered", -1.5}}}},
             {"buttons", {nullptr, {{"refused", {{"forged", "x"}}}}}}}}) {
    json value = status();
    value["notifier"] = nonsense;
    EXPECT_NO_THROW((void)render_status(value, {})) << nonsense;
  }
}

TEST(RenderDevices, ShowsTheAddressThatHoldsAndPeopleKnow) {
  EXPECT_EQ(render_devices(json::array({device()}), {}),
            "device             name            vendor  class   address       port 25  other ports  last "
            "seen            "
            "verdict  remarks\n"
            "00:00:5e:00:53:20  kitchen-fridge  -       fridge  192.168.1.20  1,400    3            "
            "2026-11-24 12:03:11  "
            "alarm    appliance, made-up MAC, several devices behind it\n");
}

TEST(RenderDevices, WithoutAnAddressOrNameSaysNone) {
  json nameless = device();
  nameless["name"] = "";
  nameless["addresses"] = json::array();
  const std::string text = render_devices(json::array({nameless}), {});
  EXPECT_NE(text.find("00:00:5e:00:53:20  -     -       fridge  -        1,400"), std::string::npos) << text;
}

// The daemon escapes a name before it makes a sentence of it.
TEST(RenderIncidents, WhatIsEscapedAlreadyStaysReadable) {
  json incident = explanation();
  incident["sentence"] = R"(The device "\x1b[2J and \\ too" did it.)";
  const std::string text = render_incidents(json::array({incident}), {});
  EXPECT_NE(text.find(R"(The device "\x1b[2J and \\ too" did it.)"), std::string::npos) << text;
}

TEST(RenderExplanation, SaysWhatIsMissingInsideTheSessions) {
  json incident = explanation();
  incident["gaps"] = json::array();
  EXPECT_NE(render_explanation(incident, {}).find("nothing is known to be missing"), std::string::npos);
  incident["attempts"][0].update({{"lost_bytes", 1500}, {"sides", "client"}});
  const std::string text = render_explanation(incident, {});
  EXPECT_NE(text.find("1,500 bytes inside these sessions"), std::string::npos) << text;
  EXPECT_NE(text.find("one of the two sides of 1 session"), std::string::npos) << text;
  EXPECT_EQ(text.find("nothing is known to be missing"), std::string::npos) << text;
}

TEST(RenderExplanation, AnUnansweredCallMissesNoSide) {
  json incident = explanation();
  incident["attempts"][0].update({{"sides", "client"}, {"outcome", "syn-only"}});
  const std::string text = render_explanation(incident, {});
  EXPECT_NE(text.find("no answer"), std::string::npos) << text;
  EXPECT_EQ(text.find("not captured"), std::string::npos) << text;
}

TEST(RenderReplay, BeginsWithHowMuchThereIsToSay) {
  json two = report();
  two["incidents"].push_back(explanation());
  two["incidents"][1]["severity"] = "notice";
  EXPECT_NE(render_replay(two, {}).find("\n1 alarm, 1 notice.\n"), std::string::npos);
  two["incidents"] = json::array();
  EXPECT_NE(render_replay(two, {}).find("\nQuiet. 1 attempt to send mail, none of them suspicious.\n"),
            std::string::npos);
}

TEST(RenderEvent, ARecordIsOneLine) {
  for (const auto& one : events()) {
    const std::string line = render_event(one, {});
    EXPECT_EQ(lines_of(line), 0) << line;
    EXPECT_TRUE(line.starts_with("12:03:11  ")) << line;
  }
}

TEST(RenderEvent, AnIncidentThatIsGoneAlreadySaysNothing) {
  EXPECT_EQ(render_event({{"event", "incident-closed"}, {"time", kTime}, {"incident", nullptr}}, {}), "");
}

TEST(RenderEvent, AQuarantineBeginsAndEnds) {
  const auto line = [](const char* event) {
    return render_event(
        {{"event", event}, {"time", kTime}, {"quarantine", {{"sentence", R"(The mail of "\x1b" ...)"}}}}, {});
  };
  EXPECT_EQ(line("device-quarantined"), R"(12:03:11  blocked  The mail of "\x1b" ...)");
  EXPECT_EQ(line("device-released"), R"(12:03:11  unblocked  The mail of "\x1b" ...)");
  // Of another version: no words, and no harm.
  EXPECT_EQ(render_event({{"event", "device-quarantined"}, {"time", kTime}, {"quarantine", nullptr}}, {}),
            "");
}

TEST(RenderEvent, AnAlertIsForPrograms) {
  EXPECT_EQ(render_event({{"event", "alert"}, {"time", kTime}, {"alert", {{"number", 1}}}}, {}), "");
}

TEST(ShortTime, IsDateAndTimeToTheSecond) {
  EXPECT_EQ(short_time(kTime), "2026-11-24 12:03:11");
  EXPECT_EQ(short_time("2026-11-24T12:03:11Z"), "2026-11-24 12:03:11");
  EXPECT_EQ(short_time("2026-11-24"), "0000-00-00 --:--:--");
  EXPECT_EQ(short_time(""), "0000-00-00 --:--:--");
}

}  // namespace
}  // namespace gatewitness::cli
