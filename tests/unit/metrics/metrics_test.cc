// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

namespace gatewitness::metrics {
namespace {

using nlohmann::json;

const char* const kMac = "02:00:5e:10:00:01";

json status(const std::string& interface = "br-lan") {
  return {{"devices", 3U},
          {"attempts", 14U},
          {"bindings", 7U},
          {"upstream_blocks_port25", true},
          {"incidents_open", {{"alarm", 1U}, {"notice", 2U}}},
          {"probes",
           {{{"probe", "capture"},
             {"silent", false},
             {"stopping", false},
             {"records", 90U},
             {"lost", 4U},
             {"restarts", 1U},
             {"interfaces", {{{"name", interface}, {"received", 1000U}, {"dropped", 5U}}}}}}},
          {"daemon",
           {{"version", "0.1.0"},
            {"received", 94U},
            {"refused", {{"not_cbor", 2U}}},
            {"journal", {{"failing", false}, {"failures", 0U}, {"log_bytes", 512U}}}}}};
}

json incidents() {
  return json::array(
      {{{"state", "open"}, {"kind", "burst"}, {"device", {{"mac", kMac}, {"name", "Kitchen"}}}},
       {{"state", "open"}, {"kind", "burst"}},
       {{"state", "closed"}, {"kind", "relay"}}});
}

json devices() {
  return json::array({{{"mac", kMac},
                       {"name", "Kitchen"},
                       {"verdict", "alarm"},
                       {"attempts", {{"port25", 14U}, {"submission", 0U}, {"other", 0U}}}},
                      {{"mac", nullptr}, {"attempts", {{"port25", 1U}}}}});
}

bool has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, SayWhatTheStatusSays) {
  const std::string page = text(status(), incidents(), devices(), false);
  for (const char* line :
       {"gatewitness_devices 3", "gatewitness_attempts 14", "gatewitness_upstream_blocks_port25 1",
        "gatewitness_incidents_open{severity=\"alarm\"} 1",
        "gatewitness_incidents_open{severity=\"notice\"} 2",
        "gatewitness_incidents_open_by_kind{kind=\"burst\"} 2", "gatewitness_build_info{version=\"0.1.0\"} 1",
        "gatewitness_records_received_total 94", "gatewitness_records_refused_total{reason=\"not_cbor\"} 2",
        "gatewitness_journal_failing 0", "gatewitness_probe_up{probe=\"capture\"} 1",
        "gatewitness_probe_lost_total{probe=\"capture\"} 4",
        "gatewitness_interface_dropped_total{probe=\"capture\",interface=\"br-lan\"} 5"})
    EXPECT_TRUE(has(page, line)) << line << "\n" << page;
  EXPECT_EQ(page.find("relay"), std::string::npos) << "closed";
}

TEST(Metrics, NothingOfADeviceUnlessTheOwnerWantsIt) {
  const std::string page = text(status(), incidents(), devices(), false);
  EXPECT_EQ(page.find(kMac), std::string::npos);
  EXPECT_EQ(page.find("Kitchen"), std::string::npos);
  const std::string more = text(status(), incidents(), devices(), true);
  EXPECT_TRUE(has(more, std::string("gatewitness_device_attempts{mac=\"") + kMac + "\",port=\"port25\"} 14"));
  EXPECT_TRUE(has(more, std::string("gatewitness_device_alarm{mac=\"") + kMac + "\"} 1"));
  EXPECT_EQ(more.find("Kitchen"), std::string::npos) << "names are a stranger's";
}

// Every line is a comment or a sample, each family is told once and before its samples.
TEST(Metrics, TheFormatHoldsWhateverNamesSay) {
  const std::regex sample(
      R"(gatewitness_([a-z0-9_]+)(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? [0-9]+)");
  for (const char* name : {"br-lan", "a\"b", "a\\", "a\nb 1", "\x1b[31m", "}\u202e", ""}) {
    std::istringstream lines(text(status(name), incidents(), devices(), true));
    std::set<std::string> families;
    std::string line, family;
    while (std::getline(lines, line)) {
      if (line.starts_with("# HELP gatewitness_")) {
        family = line.substr(19, line.find(' ', 19) - 19);
        EXPECT_TRUE(families.insert(family).second) << family;
      }
      if (line.starts_with("#")) continue;
      std::smatch parts;
      ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
      EXPECT_EQ(parts[1], family);
    }
    EXPECT_GT(families.size(), 15U);
  }
}

TEST(Metrics, WhatIsNoStatusGivesNothingWrong) {
  for (const char* odd : {"null", "[]", "{}", R"({"probes": 5, "daemon": {"refused": 3}})",
                          R"({"probes": [5], "daemon": {"refused": {"x": "y"}}})"})
    EXPECT_NE(
        text(json::parse(odd), json::parse(odd), json::parse("[5, {}]"), true).find("gatewitness_devices 0"),
        std::string::npos);
}

}  // namespace
}  // namespace gatewitness::metrics
