// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/clearance.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/inquiry/past.h"

namespace gatewitness {
namespace {

using namespace std::chrono_literals;
using namespace past;

nlohmann::json of(const Past& past, Timestamp from = kNoon - 10min, Timestamp to = kNoon + 10min) {
  return to_json(clear(past.records, from, to, past.options));
}

const nlohmann::json* device(const nlohmann::json& clearance, const MacAddress& mac) {
  for (const auto& row : clearance.at("devices"))
    if (row.at("mac") == to_string(mac)) return &row;
  return nullptr;
}

TEST(Clearance, WhoSentNothingIsClearedIfTheCaptureWasComplete) {
  Past past;
  past.with({.mac = kFridge});
  const auto clearance = of(past);
  EXPECT_EQ(clearance.at("complete"), true);
  ASSERT_NE(device(clearance, kLaptop), nullptr);
  EXPECT_EQ(device(clearance, kLaptop)->at("cleared"), true);
  EXPECT_EQ(device(clearance, kLaptop)->at("connections"), 0);
  EXPECT_EQ(device(clearance, kFridge)->at("cleared"), false);
  EXPECT_EQ(device(clearance, kFridge)->at("connections"), 1);
}

TEST(Clearance, OutsideOfTheTimeNothingCounts) {
  Past past;
  past.with({.mac = kFridge, .began = kNoon - 1h});
  EXPECT_EQ(device(of(past), kFridge)->at("cleared"), true);
}

TEST(Clearance, AHoleInTheCaptureClearsNobody) {
  Past past;
  past.records.gaps.push_back({"capture", {"br-lan", kNoon, kNoon + 1s, wire::GapReason::kKernelDrop, 4}});
  const auto clearance = of(past);
  EXPECT_EQ(clearance.at("complete"), false);
  EXPECT_EQ(device(clearance, kLaptop)->at("cleared"), false);
  ASSERT_EQ(clearance.at("gaps").size(), 1U);
  // A hole at another time does not matter.
  EXPECT_EQ(of(past, kNoon + 1min, kNoon + 10min).at("complete"), true);
}

TEST(Clearance, ABindingWithoutFramesCountsAgainstItsDevice) {
  Past past;
  past.with({.mac = kNas, .frames = false});
  const auto clearance = of(past);
  std::size_t sent = 0;
  for (const auto& row : clearance.at("devices")) sent += row.at("connections").get<std::size_t>();
  EXPECT_EQ(sent, 1U);
  EXPECT_EQ(device(clearance, kNas)->at("cleared"), false);
}

TEST(Clearance, StretchesThatMakeNoSenseAreRefused) {
  EXPECT_TRUE(fault_of(kNoon, kNoon));
  EXPECT_TRUE(fault_of(kNoon, kNoon - 1s));
  EXPECT_TRUE(fault_of(kNoon, kNoon + 24h * 401));
  EXPECT_FALSE(fault_of(kNoon, kNoon + 1s));
}

TEST(Clearance, HalvesMakeAWhole) {
  Past past;
  past.with({.mac = kFridge})
      .with({.mac = kLaptop, .began = kNoon + 5min, .port = 40001, .outside_port = 60461});
  Clearance whole = clear(past.records, kNoon - 10min, kNoon + 2min, past.options);
  join(whole, clear(past.records, kNoon + 2min, kNoon + 10min, past.options));
  EXPECT_EQ(whole.from, kNoon - 10min);
  EXPECT_EQ(whole.to, kNoon + 10min);
  EXPECT_TRUE(whole.complete);
  EXPECT_EQ(whole.devices.at(DeviceId::of(kFridge)).connections, 1U);
  EXPECT_EQ(whole.devices.at(DeviceId::of(kLaptop)).connections, 1U);
}

}  // namespace
}  // namespace gatewitness
