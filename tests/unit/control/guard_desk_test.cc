// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/guard_desk.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gatewitness::control {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using quarantine::Block;
using quarantine::Quarantine;
using quarantine::Reply;
using quarantine::Request;
using quarantine::Scope;

constexpr Timestamp kNow{1'790'000'000s};
const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");
const MacAddress kLaptop = *MacAddress::parse("3c:22:fb:10:00:02");
const MacAddress kGateway = *MacAddress::parse("02:00:5e:00:00:01");
const IpAddress kFridgeAddress = *IpAddress::parse("192.168.1.23");

config::GuardConfig enabled(config::Automatic automatic = config::Automatic::kOff) {
  config::GuardConfig config;
  config.enabled = true;
  config.automatic = automatic;
  config.automatic_length = 2h;
  return config;
}

// A home with a fridge, a laptop at which the owner sits, and incidents: 7 the fridge's, 8 the gateway's, 9
// of an address without a MAC.
Home make_home(std::vector<IpAddress> fridge_has = {kFridgeAddress}) {
  return {
      .device_of = [](std::string_view id) -> std::optional<DeviceId> {
        if (id == "7") return DeviceId::of(kFridge);
        if (id == "8") return DeviceId::gateway();
        if (id == "9") return DeviceId::of(kFridgeAddress);
        return std::nullopt;
      },
      .device = [](const DeviceId& device) -> json {
        if (device != DeviceId::of(kFridge) && device != DeviceId::of(kLaptop)) return nullptr;
        return {{"id", to_string(device)},
                {"name", device.mac == kFridge ? "fridge\x1b[31m" : "laptop"},
                {"shared_mac", device.mac == kLaptop}};
      },
      .addresses_of =
          [=](const DeviceId& device) {
            return device == DeviceId::of(kFridge) ? fridge_has : std::vector<IpAddress>{};
          },
      .mac_of = [](const IpAddress& address) -> std::optional<MacAddress> {
        if (address == *IpAddress::parse("192.168.1.30")) return kLaptop;
        return std::nullopt;
      },
      .is_gateway = [](const MacAddress& mac) { return mac == kGateway; },
  };
}

std::optional<GuardDesk::Heard> hear(const GuardDesk& desk, const std::string& request) {
  return desk.hear({reinterpret_cast<const uint8_t*>(request.data()), request.size()}, make_home());
}

// What goes to the guard, or what is answered at once.
std::string outcome(const GuardDesk& desk, const std::string& request) {
  const auto heard = hear(desk, request);
  if (!heard) return "not for the guard";
  if (const auto* text = std::get_if<std::string>(&*heard)) return json::parse(*text).at("error");
  return to_text(std::get<GuardDesk::Errand>(*heard).request);
}

Quarantine standing(bool automatic = false) {
  return {{kFridge}, Scope::kMail, kNow + 24h, 24h, {automatic, automatic ? 7U : 0U}, {kFridgeAddress}};
}

// One that has heard from the guard that nothing stands, and has just asked.
GuardDesk informed(const config::GuardConfig& config) {
  GuardDesk desk(config);
  (void)desk.take_requests(make_home(), kNow);
  desk.learn(quarantine::List{}, Reply{}, make_home(), kNow);
  return desk;
}

json incident(const char* severity, const char* grade, const json& mac = to_string(kFridge),
              const char* state = "open") {
  return {{"id", "7"},
          {"severity", severity},
          {"grade", grade},
          {"state", state},
          {"device", {{"id", mac.is_null() ? json("gateway") : mac}, {"mac", mac}}}};
}

TEST(GuardDesk, WhatIsAskedBecomesWhatTheGuardUnderstands) {
  config::GuardConfig all = enabled();
  all.all = true;
  all.length = 1h;
  const GuardDesk desk(enabled()), stricter(all);
  const struct {
    const char* name;
    const GuardDesk& desk;
    const char* request;
    const char* want;
  } cases[] = {
      {"a MAC", desk, R"({"command":"block","mac":"8C-79-F5-10-00-01"})",
       "block 8c:79:f5:10:00:01 mail 86400 owner 192.168.1.23"},
      {"an incident", desk, R"({"command":"block","incident":"7","for_s":60})",
       "block 8c:79:f5:10:00:01 mail 60 owner:7 192.168.1.23"},
      {"all", desk, R"({"command":"block","mac":"8c:79:f5:10:00:01","all":true})",
       "block 8c:79:f5:10:00:01 all 86400 owner 192.168.1.23"},
      {"as configured", stricter, R"({"command":"block","mac":"8c:79:f5:10:00:01"})",
       "block 8c:79:f5:10:00:01 all 3600 owner 192.168.1.23"},
      {"less than configured", stricter, R"({"command":"block","mac":"8c:79:f5:10:00:01","all":false})",
       "block 8c:79:f5:10:00:01 mail 3600 owner 192.168.1.23"},
      {"the gateway by force, its mail alone", stricter,
       R"({"command":"block","mac":"02:00:5e:00:00:01","force":true})", "block gateway mail 3600 owner"},
      {"somebody else's session", desk,
       R"({"command":"block","mac":"8c:79:f5:10:00:01","from_mac":"3c:22:fb:10:00:02"})",
       "block 8c:79:f5:10:00:01 mail 86400 owner 192.168.1.23"},
      {"unblock", desk, R"({"command":"unblock","mac":"8c:79:f5:10:00:01"})", "unblock 8c:79:f5:10:00:01"},
      {"unblock the gateway", desk, R"({"command":"unblock","mac":"02:00:5e:00:00:01"})", "unblock gateway"},
      {"blocked", desk, R"({"command":"blocked"})", "list"},
      {"something else", desk, R"({"command":"status"})", "not for the guard"},
      {"no JSON", desk, "block", "not for the guard"},
      {"a list", desk, R"(["block"])", "not for the guard"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(outcome(c.desk, c.request), c.want);
  }
}

TEST(GuardDesk, AWrongWordIsToldWhatIsWrong) {
  const GuardDesk desk(enabled());
  const struct {
    const char* request;
    const char* says;
  } cases[] = {
      {R"({"command":"block"})", "needs a \"mac\" or an \"incident\""},
      {R"({"command":"block","mac":"8c:79:f5:10:00:01","incident":"7"})", "needs a \"mac\" or an"},
      {R"({"command":"block","mac":"ff:ff:ff:ff:ff:ff"})", "\"mac\" must be"},
      {R"({"command":"block","mac":5})", "\"mac\" must be"},
      {R"({"command":"block","incident":7})", "\"incident\" must be"},
      {R"({"command":"block","incident":"99"})", "there is no incident \"99\""},
      {R"({"command":"block","incident":"9"})", "no MAC"},
      {R"({"command":"block","incident":"7","for_s":0})", "from 1 to 31536000"},
      {R"({"command":"block","incident":"7","for_s":-5})", "from 1 to 31536000"},
      {R"({"command":"block","incident":"7","for_s":1.5})", "from 1 to 31536000"},
      {R"({"command":"block","incident":"7","for_s":31536001})", "from 1 to 31536000"},
      {R"({"command":"block","incident":"7","all":"yes"})", "\"all\" must be true or false"},
      {R"({"command":"block","incident":"7","force":1})", "\"force\" must be true or false"},
      {R"({"command":"block","incident":"7","from_mac":"here"})", "\"from_mac\" must be"},
      {R"({"command":"block","incident":"7","from_address":"10.0.0.0/8"})", "\"from_address\" must be"},
      {R"({"command":"unblock"})", "\"mac\" must be"},
      {R"({"command":"unblock","mac":"all"})", "\"mac\" must be"},
  };
  for (const auto& c : cases)
    EXPECT_NE(outcome(desk, c.request).find(c.says), std::string::npos) << outcome(desk, c.request);
}

TEST(GuardDesk, NobodyCutsOffTheGatewayOrHimselfByMistake) {
  const GuardDesk desk(enabled());
  const char* const requests[] = {
      R"({"command":"block","mac":"gateway"})",
      R"({"command":"block","mac":"02:00:5e:00:00:01"})",
      R"({"command":"block","incident":"8"})",
      R"({"command":"block","mac":"3c:22:fb:10:00:02","from_mac":"3c:22:fb:10:00:02"})",
      R"({"command":"block","mac":"3c:22:fb:10:00:02","from_address":"192.168.1.30"})",
      R"({"command":"block","mac":"3c:22:fb:10:00:02","from_address":"::ffff:192.168.1.30"})",
  };
  for (std::string request : requests) {
    SCOPED_TRACE(request);
    EXPECT_NE(outcome(desk, request).find("--force"), std::string::npos) << outcome(desk, request);
    request.insert(request.size() - 1, R"(,"force":true)");
    EXPECT_TRUE(outcome(desk, request).starts_with("block ")) << outcome(desk, request);
  }
}

TEST(GuardDesk, WithoutAGuardItSaysSo) {
  const GuardDesk desk({});
  for (const char* request : {R"({"command":"block","mac":"8c:79:f5:10:00:01"})", R"({"command":"unblock"})",
                              R"({"command":"blocked"})"})
    EXPECT_EQ(outcome(desk, request), "the guard is not running: guard.enabled is false");
  EXPECT_EQ(desk.next_deadline(), std::nullopt);
}

TEST(GuardDesk, NotesSayWhatTheOwnerMayNotKnow) {
  const GuardDesk desk(enabled());
  const auto notes = [&](const char* request) {
    return std::get<GuardDesk::Errand>(*hear(desk, request)).notes;
  };
  EXPECT_TRUE(notes(R"({"command":"block","mac":"8c:79:f5:10:00:01"})").empty());
  EXPECT_NE(notes(R"({"command":"block","mac":"3c:22:fb:10:00:02"})").at(0).find("several devices"),
            std::string::npos);
  EXPECT_NE(notes(R"({"command":"block","mac":"3c:22:fb:99:99:99"})").at(0).find("never been seen"),
            std::string::npos);
}

TEST(GuardDesk, TheAnswerSaysWhatStands) {
  const GuardDesk desk(enabled());
  const Reply reply{{1, 2, 3}, {"flash is full"}, {standing()}};
  const GuardDesk::Errand block{Block{{kFridge}, Scope::kMail, 24h, {}, {}}, {"a note"}};
  const json made = json::parse(desk.answer(block, reply, make_home())).at("data");
  EXPECT_EQ(made.at("quarantine").at("until"), to_string(kNow + 24h));
  EXPECT_EQ(made.at("quarantine").at("scope"), "mail");
  EXPECT_EQ(made.at("notes"), (json{"a note", "flash is full"}));
  const std::string sentence = made.at("quarantine").at("sentence");
  EXPECT_EQ(sentence.find('\x1b'), std::string::npos) << "a name may not harm a terminal";
  EXPECT_NE(sentence.find("as you asked"), std::string::npos);
  const json all = json::parse(desk.answer({quarantine::List{}, {}}, reply, make_home())).at("data");
  EXPECT_EQ(all.at("quarantines").size(), 1U);
  const std::expected<Reply, std::string> none = std::unexpected("no room");
  EXPECT_EQ(json::parse(desk.answer(block, none, make_home())).at("error"), "no room");
}

TEST(GuardDesk, ByItselfOnlyIfConfiguredAndOnlyIfSure) {
  const struct {
    const char* name;
    config::Automatic automatic;
    json incident;
    const char* want;  // "" nothing
  } cases[] = {
      {"witnessed", config::Automatic::kMail, incident("alarm", "witnessed"),
       "block 8c:79:f5:10:00:01 mail 7200 automatic:7 192.168.1.23"},
      {"strong, all", config::Automatic::kAll, incident("alarm", "strong"),
       "block 8c:79:f5:10:00:01 all 7200 automatic:7 192.168.1.23"},
      {"off", config::Automatic::kOff, incident("alarm", "witnessed"), ""},
      {"circumstantial", config::Automatic::kMail, incident("alarm", "circumstantial"), ""},
      {"unknown", config::Automatic::kMail, incident("alarm", "unknown"), ""},
      {"a notice", config::Automatic::kMail, incident("notice", "witnessed"), ""},
      {"closed", config::Automatic::kMail, incident("alarm", "witnessed", to_string(kFridge), "closed"), ""},
      {"the gateway", config::Automatic::kMail, incident("alarm", "witnessed", nullptr), ""},
      {"the gateway's MAC", config::Automatic::kMail, incident("alarm", "witnessed", to_string(kGateway)),
       ""},
      {"no device",
       config::Automatic::kMail,
       {{"id", "7"}, {"severity", "alarm"}, {"grade", "witnessed"}, {"state", "open"}, {"device", nullptr}},
       ""},
      {"no incident", config::Automatic::kMail, nullptr, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    GuardDesk desk = informed(enabled(c.automatic));
    desk.consider(PipelineEvent::Kind::kIncidentOpened, c.incident, make_home(), kNow);
    const auto requests = desk.take_requests(make_home(), kNow);
    ASSERT_EQ(requests.size(), *c.want == '\0' ? 0U : 1U);
    EXPECT_EQ(*c.want == '\0' ? "" : to_text(requests[0]), c.want);
  }
}

TEST(GuardDesk, OnceForEachIncidentSoThatUnblockHolds) {
  using Kind = PipelineEvent::Kind;
  GuardDesk desk = informed(enabled(config::Automatic::kMail));
  const auto wants = [&](Kind kind) {
    desk.consider(kind, incident("alarm", "strong"), make_home(), kNow);
    return desk.take_requests(make_home(), kNow).size() > 0;
  };
  EXPECT_TRUE(wants(Kind::kIncidentOpened));
  EXPECT_FALSE(wants(Kind::kIncidentExtended));
  EXPECT_FALSE(wants(Kind::kIncidentWorsened));
  json another = incident("alarm", "strong");
  another["id"] = "8";
  desk.consider(Kind::kIncidentOpened, another, make_home(), kNow);
  EXPECT_TRUE(desk.take_requests(make_home(), kNow).empty()) << "the first has not been answered yet";
  const Request asked = Block{{kFridge}, Scope::kMail, 2h, {true, 7}, {}};
  desk.learn(asked, Reply{}, make_home(), kNow);
  GuardDesk restarted = informed(enabled(config::Automatic::kMail));
  restarted.restore(desk.save());
  restarted.consider(Kind::kIncidentExtended, incident("alarm", "strong"), make_home(), kNow);
  EXPECT_TRUE(restarted.take_requests(make_home(), kNow).empty());
  EXPECT_FALSE(wants(Kind::kIncidentClosed));
  EXPECT_TRUE(wants(Kind::kIncidentOpened)) << "it began anew";
  // One that failed is tried again.
  desk.learn(Block{{kFridge}, Scope::kMail, 2h, {true, 7}, {}}, std::unexpected("no"), make_home(), kNow);
  EXPECT_TRUE(wants(Kind::kIncidentExtended));
  EXPECT_NE(desk.take_notices().at(0).find("failed: no"), std::string::npos);
}

TEST(GuardDesk, WhomTheOwnerLetGoIsLeftAloneForAWhile) {
  GuardDesk desk(enabled(config::Automatic::kMail));  // for 2 h
  desk.learn(quarantine::Unblock{{kFridge}}, Reply{}, make_home(), kNow);
  GuardDesk restarted = informed(enabled(config::Automatic::kMail));
  restarted.restore(desk.save());
  (void)desk.take_requests(make_home(), kNow);
  for (GuardDesk* each : {&desk, &restarted}) {
    const auto wants_at = [&](Timestamp now) {
      each->consider(PipelineEvent::Kind::kIncidentOpened, incident("alarm", "strong"), make_home(), now);
      return !each->take_requests(make_home(), kNow).empty();
    };
    EXPECT_FALSE(wants_at(kNow + 2h - 1us));
    EXPECT_TRUE(wants_at(kNow + 2h));
  }
  GuardDesk other(enabled(config::Automatic::kMail));
  other.restore({{"acted", {"x", -1, 7.5}}, {"pardoned", {{"nobody", "never"}, {"8c:79:f5:10:00:01", 5}}}});
  EXPECT_EQ(other.save(), GuardDesk(enabled()).save()) << "what is none is passed over";
  EXPECT_NO_THROW(other.restore(json::array()));
}

TEST(GuardDesk, WhatHappensIsToldOnce) {
  GuardDesk desk(enabled());
  const quarantine::List list;
  desk.learn(list, Reply{{}, {}, {}}, make_home(), kNow);
  EXPECT_TRUE(desk.take_events().empty());
  desk.learn(list, Reply{{}, {}, {standing(true)}}, make_home(), kNow);
  const auto began = desk.take_events();
  ASSERT_EQ(began.size(), 1U);
  const json event = json::parse(began[0]);
  EXPECT_EQ(event.at("event"), "device-quarantined");
  EXPECT_EQ(event.at("quarantine").at("incident"), "7");
  EXPECT_NE(
      event.at("quarantine").at("sentence").get<std::string>().find("automatically, because of incident #7"),
      std::string::npos);
  desk.learn(list, Reply{{}, {}, {standing(true)}}, make_home(), kNow);
  EXPECT_TRUE(desk.take_events().empty());
  json marked = incident("alarm", "witnessed");
  desk.mark(marked);
  EXPECT_EQ(marked.at("quarantine").at("automatic"), true);
  desk.learn(quarantine::Unblock{{kFridge}}, Reply{{}, {}, {}}, make_home(), kNow);
  const auto ended = desk.take_events();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(json::parse(ended[0]).at("event"), "device-released");
  desk.mark(marked);
  EXPECT_TRUE(marked.at("quarantine").is_null());
}

TEST(GuardDesk, WhatItDidByItselfIsForTheOwner) {
  const quarantine::List list;
  GuardDesk desk(enabled());
  desk.learn(list, Reply{{}, {}, {}}, make_home(), kNow);
  desk.learn(list, Reply{{}, {}, {standing(false)}}, make_home(), kNow);
  EXPECT_TRUE(desk.take_automatic().empty()) << "he knows what he asked for";
  desk.learn(list, Reply{{}, {}, {standing(true)}}, make_home(), kNow);
  const auto began = desk.take_automatic();
  ASSERT_EQ(began.size(), 1U);
  EXPECT_EQ(began[0].at("incident"), "7");
  auto cut = standing(true);
  cut.end -= 1h;
  desk.learn(list, Reply{{}, {}, {cut}}, make_home(), kNow);
  EXPECT_TRUE(desk.take_automatic().empty()) << "another end is no other quarantine";
  GuardDesk restarted(enabled());
  restarted.learn(list, Reply{{}, {}, {cut}}, make_home(), kNow);
  EXPECT_EQ(restarted.take_automatic().size(), 1U) << "it may have begun just before";
}

TEST(GuardDesk, WhatTheGuardHasNotAnsweredIsNotTakenForDone) {
  GuardDesk desk = informed(enabled(config::Automatic::kMail));
  desk.consider(PipelineEvent::Kind::kIncidentOpened, incident("alarm", "strong"), make_home(), kNow);
  ASSERT_EQ(desk.take_requests(make_home(), kNow).size(), 1U);
  GuardDesk restarted = informed(enabled(config::Automatic::kMail));
  restarted.restore(desk.save());
  restarted.consider(PipelineEvent::Kind::kIncidentExtended, incident("alarm", "strong"), make_home(), kNow);
  EXPECT_EQ(restarted.take_requests(make_home(), kNow).size(), 1U);
}

// Right after a start it is not known yet what stands; a new quarantine would replace it and move its end.
TEST(GuardDesk, WhatStandsAlreadyStandsAlsoAfterARestart) {
  using Kind = PipelineEvent::Kind;
  const auto asked = [](GuardDesk& desk) {
    std::string text;
    for (const auto& request : desk.take_requests(make_home(), kNow)) text += to_text(request) + ";";
    return text;
  };
  GuardDesk desk(enabled(config::Automatic::kMail));
  desk.consider(Kind::kIncidentOpened, incident("alarm", "strong"), make_home(), kNow);
  EXPECT_EQ(asked(desk), "list;");
  GuardDesk closed = desk, alone = desk;
  desk.learn(quarantine::List{}, Reply{{}, {}, {standing(true)}}, make_home(), kNow);
  EXPECT_EQ(asked(desk), "");
  // Where nothing stands it is asked for at once, also of a guard that was silent at first.
  alone.learn(quarantine::List{}, std::unexpected("silent"), make_home(), kNow);
  EXPECT_EQ(asked(alone), "");
  alone.learn(quarantine::List{}, Reply{}, make_home(), kNow);
  EXPECT_LE(alone.next_deadline(), kNow);
  EXPECT_EQ(asked(alone), "block 8c:79:f5:10:00:01 mail 7200 automatic:7 192.168.1.23;");
  // But not for what is over by then.
  closed.consider(Kind::kIncidentClosed, incident("alarm", "strong"), make_home(), kNow);
  closed.learn(quarantine::List{}, Reply{}, make_home(), kNow);
  EXPECT_EQ(asked(closed), "");
}

TEST(GuardDesk, WhatStoodBeforeIsNoNews) {
  GuardDesk desk(enabled());
  desk.learn(quarantine::List{}, Reply{{}, {}, {standing()}}, make_home(), kNow);
  EXPECT_TRUE(desk.take_events().empty());
  EXPECT_EQ(desk.status().at("quarantines"), 1);
}

TEST(GuardDesk, ADeviceThatMovesIsFollowedAndASilentOneIsNotForgotten) {
  GuardDesk desk(enabled());
  desk.learn(quarantine::List{}, Reply{{}, {}, {standing()}}, make_home(), kNow);
  const IpAddress other = *IpAddress::parse("192.168.1.77");
  Timestamp now = kNow;
  const auto asked = [&](std::vector<IpAddress> addresses) {
    now += 1h;
    std::string text;
    for (const auto& request : desk.take_requests(make_home(std::move(addresses)), now))
      text += to_text(request) + ";";
    return text;
  };
  EXPECT_EQ(asked({kFridgeAddress}), "list;");
  EXPECT_EQ(asked({other}), "move 8c:79:f5:10:00:01 192.168.1.77;list;");
  EXPECT_EQ(asked({}), "list;");
}

TEST(GuardDesk, TheGuardsSilenceIsSaidOnce) {
  GuardDesk desk(enabled());
  for (int i = 0; i < 3; ++i) desk.learn(quarantine::List{}, std::unexpected("silent"), make_home(), kNow);
  EXPECT_EQ(desk.take_notices().size(), 1U);
  EXPECT_EQ(desk.status().at("fault"), "silent");
  desk.learn(quarantine::List{}, Reply{}, make_home(), kNow);
  EXPECT_EQ(desk.status().at("answers"), true);
  (void)desk.take_requests(make_home(), kNow);
  EXPECT_EQ(desk.next_deadline(), kNow + GuardDesk::kAskAgain);
  EXPECT_TRUE(desk.take_requests(make_home(), kNow + 1s).empty());
  EXPECT_FALSE(desk.take_requests(make_home(), kNow - 24h).empty()) << "the clock was set back";
}

}  // namespace
}  // namespace gatewitness::control
