// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/neighbourhood.h"

#include <gtest/gtest.h>

#include <optional>

namespace gatewitness::kernel {
namespace {

const Timestamp t0{std::chrono::seconds(1'700'000'000)};
const MacAddress kFridge = MacAddress::parse("02:00:5e:10:00:01").value();
const MacAddress kLaptop = MacAddress::parse("02:00:5e:10:00:02").value();
const MacAddress kBridge = MacAddress::parse("02:00:5e:10:00:03").value();
constexpr uint32_t kLan = 4;
constexpr uint32_t kWan = 5;

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}

class NeighbourhoodTest : public testing::Test {
 protected:
  void make(const NeighbourhoodLimits& limits = {}, std::vector<std::string> interfaces = {}) {
    around_.emplace(limits, std::move(interfaces),
                    [this](Timestamp, const wire::Record& record) { told_.push_back(record); });
    say(Link{kLan, "br-lan", kBridge, false});
    say(Link{kWan, "wan", {}, false});
  }
  void SetUp() override { make(); }
  void say(const RouteMessage& message) { around_->message(message, t0); }
  static Neighbour known(const char* address, const MacAddress& mac, uint32_t index = kLan) {
    return {index, ip(address), mac, NeighbourState::kKnown, false};
  }
  static Neighbour state(const char* address, NeighbourState state) {
    return {kLan, ip(address), {}, state, false};
  }
  const wire::AddressClaim& claim() const { return std::get<wire::AddressClaim>(told_.back()); }
  const wire::LocalAddress& local() const { return std::get<wire::LocalAddress>(told_.back()); }

  std::vector<wire::Record> told_;
  std::optional<Neighbourhood> around_;
};

TEST_F(NeighbourhoodTest, TellsANeighbourOnceAndEachChange) {
  say(known("192.168.1.20", kFridge));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(claim().interface, "br-lan");
  EXPECT_EQ(claim().mac, kFridge);
  EXPECT_EQ(claim().address, ip("192.168.1.20"));
  EXPECT_EQ(claim().source, wire::ClaimSource::kNeighbour);
  EXPECT_FALSE(claim().withdrawn);
  say(known("192.168.1.20", kFridge));
  say(state("192.168.1.20", NeighbourState::kUnknown));
  say(known("192.168.1.20", kFridge));
  EXPECT_EQ(told_.size(), 1U);
  say(known("192.168.1.20", kLaptop));
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(claim().mac, kLaptop);
}

TEST_F(NeighbourhoodTest, ASilentNeighbourIsWithdrawnAForgottenOneIsNot) {
  say(known("192.168.1.20", kFridge));
  say(known("192.168.1.21", kLaptop));
  say(state("192.168.1.20", NeighbourState::kFailed));
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_TRUE(claim().withdrawn);
  EXPECT_EQ(claim().mac, kFridge);
  say(state("192.168.1.21", NeighbourState::kForgotten));
  say(state("192.168.1.22", NeighbourState::kFailed));
  EXPECT_EQ(told_.size(), 3U);
  EXPECT_EQ(around_->neighbours(), 0U);
}

TEST_F(NeighbourhoodTest, OnlyFromTheNamedInterfaces) {
  make({}, {"br-lan"});
  say(known("198.51.100.1", kLaptop, kWan));
  EXPECT_TRUE(told_.empty());
  say(known("192.168.1.20", kFridge));
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(NeighbourhoodTest, KnowsItsOwnAddresses) {
  EXPECT_FALSE(around_->is_own(ip("203.0.113.7")));
  EXPECT_TRUE(around_->is_own(ip("127.0.0.1")));
  EXPECT_TRUE(around_->is_own(ip("::1")));
  say(InterfaceAddress{kWan, ip("203.0.113.7"), 24, false});
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(local().interface, "wan");
  EXPECT_EQ(local().prefix_length, 24);
  EXPECT_TRUE(local().mac.is_zero());
  EXPECT_TRUE(around_->is_own(ip("203.0.113.7")));
  EXPECT_FALSE(around_->is_own(ip("203.0.113.6")));
  EXPECT_FALSE(around_->is_own(ip("203.0.113.8")));
  say(InterfaceAddress{kWan, ip("203.0.113.7"), 24, false});
  EXPECT_EQ(told_.size(), 1U);
  // The same on a second interface, then gone from the first: still own.
  say(InterfaceAddress{kLan, ip("203.0.113.7"), 24, false});
  EXPECT_EQ(local().mac, kBridge);
  say(InterfaceAddress{kWan, ip("203.0.113.7"), 24, true});
  EXPECT_TRUE(local().removed);
  EXPECT_TRUE(around_->is_own(ip("203.0.113.7")));
  say(InterfaceAddress{kLan, ip("203.0.113.7"), 24, true});
  EXPECT_FALSE(around_->is_own(ip("203.0.113.7")));
  const auto count = told_.size();
  say(InterfaceAddress{kLan, ip("203.0.113.7"), 24, true});
  EXPECT_EQ(told_.size(), count);
}

TEST_F(NeighbourhoodTest, AnInterfaceIsRenamedAndRemoved) {
  say(InterfaceAddress{kWan, ip("203.0.113.7"), 24, false});
  say(known("203.0.113.1", kLaptop, kWan));
  told_.clear();
  say(Link{kWan, "eth9", kFridge, false});
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(std::get<wire::LocalAddress>(told_[0]).interface, "wan");
  EXPECT_TRUE(std::get<wire::LocalAddress>(told_[0]).removed);
  EXPECT_EQ(local().interface, "eth9");
  EXPECT_EQ(local().mac, kFridge);
  say(Link{kWan, "eth9", kFridge, true});
  EXPECT_TRUE(local().removed);
  EXPECT_FALSE(around_->is_own(ip("203.0.113.7")));
  EXPECT_EQ(around_->neighbours(), 0U);
}

TEST_F(NeighbourhoodTest, ADumpMendsWhatWasLost) {
  say(InterfaceAddress{kWan, ip("203.0.113.7"), 24, false});
  say(InterfaceAddress{kLan, ip("192.168.1.1"), 24, false});
  say(known("192.168.1.20", kFridge));
  told_.clear();
  around_->begin_dump();
  say(Link{kLan, "br-lan", kBridge, false});
  say(Link{kWan, "wan", {}, false});
  say(InterfaceAddress{kLan, ip("192.168.1.1"), 24, false});
  say(InterfaceAddress{kWan, ip("203.0.113.99"), 24, false});  // reconnected meanwhile
  around_->end_dump(t0);
  ASSERT_EQ(told_.size(), 2U);
  EXPECT_EQ(std::get<wire::LocalAddress>(told_[0]).address, ip("203.0.113.99"));
  EXPECT_EQ(local().address, ip("203.0.113.7"));
  EXPECT_TRUE(local().removed);
  EXPECT_EQ(local().interface, "wan");
  EXPECT_EQ(around_->neighbours(), 0U);
}

TEST_F(NeighbourhoodTest, IsBoundedAndSilentAboutNothing) {
  make({.links = 2, .addresses = 2, .neighbours = 2});
  say(Link{6, "third", {}, false});
  EXPECT_EQ(around_->counters().links_refused, 1U);
  say(InterfaceAddress{kLan, ip("10.0.0.1"), 24, false});
  say(InterfaceAddress{kLan, ip("10.0.0.2"), 24, false});
  EXPECT_EQ(around_->counters().addresses_refused, 0U);
  say(InterfaceAddress{6, ip("10.0.0.3"), 24, false});
  EXPECT_EQ(around_->counters().addresses_refused, 1U);
  EXPECT_EQ(around_->addresses(), 2U);
  EXPECT_EQ(local().address, ip("10.0.0.3")) << "told all the same";
  EXPECT_EQ(local().interface, "");
  say(known("10.0.0.11", kFridge));
  say(known("10.0.0.12", kFridge));
  EXPECT_EQ(around_->counters().neighbours_unkept, 0U);
  say(known("10.0.0.13", kFridge));
  EXPECT_EQ(claim().address, ip("10.0.0.13"));
  EXPECT_EQ(around_->counters().neighbours_unkept, 1U);
  EXPECT_EQ(around_->neighbours(), 2U);
}

}  // namespace
}  // namespace gatewitness::kernel
