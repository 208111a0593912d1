// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/lease_book.h"

#include <gtest/gtest.h>

namespace gatewitness::leases {
namespace {

using namespace std::chrono_literals;
using wire::FactKind;

const MacAddress kFridge = *MacAddress::parse("8c:79:f5:10:00:01");
const MacAddress kLaptop = *MacAddress::parse("3c:22:fb:10:00:02");
const Timestamp kStart = Timestamp(1'732'536'000s);

class LeaseBookTest : public testing::Test {
 protected:
  static Lease lease(const MacAddress& mac, const char* address, Duration left = 1h, const char* name = "",
                     const char* id = "") {
    return {"br-lan", mac, *IpAddress::parse(address), kStart + left, name, id};
  }
  // What was told since the last call, a line each.
  std::vector<std::string> told() { return std::exchange(told_, {}); }
  void note(const wire::Record& record) {
    if (const auto* claim = std::get_if<wire::AddressClaim>(&record)) {
      EXPECT_EQ(claim->source, wire::ClaimSource::kLease);
      EXPECT_EQ(claim->interface, "br-lan");
      told_.push_back((claim->withdrawn ? "- " : "+ ") + to_string(claim->address) + " " +
                      to_string(claim->mac) + (claim->lease_s ? " " + std::to_string(*claim->lease_s) : ""));
    }
    if (const auto* fact = std::get_if<wire::IdentityFact>(&record)) {
      EXPECT_TRUE(fact->on_record);
      told_.push_back(to_string(fact->mac) + " " + std::to_string(static_cast<int>(fact->kind)) + " " +
                      fact->value);
    }
  }
  using Lines = std::vector<std::string>;

  std::vector<std::string> told_;
  LeaseBook book_{[this](Timestamp, const wire::Record& record) { note(record); }};
};

TEST_F(LeaseBookTest, TellsWhatIsNewOnce) {
  const auto fridge = lease(kFridge, "192.168.1.20", 1h, "fridge", "01aa");
  book_.take(0, {fridge}, kStart);
  EXPECT_EQ(told(), (Lines{"+ 192.168.1.20 8c:79:f5:10:00:01 3600", "8c:79:f5:10:00:01 0 fridge",
                           "8c:79:f5:10:00:01 3 01aa"}));
  book_.take(0, {fridge}, kStart + 1min);
  EXPECT_EQ(told(), Lines{});
  auto renamed = fridge;
  renamed.host_name = "icebox";
  book_.take(0, {renamed}, kStart + 1min);
  EXPECT_EQ(told(), Lines{"8c:79:f5:10:00:01 0 icebox"});
  EXPECT_EQ(book_.counters().told, 1U);
}

TEST_F(LeaseBookTest, ARenewalIsNewsAndAnEndThatWasComputedAnewIsNot) {
  book_.take(0, {lease(kFridge, "192.168.1.20", 1h)}, kStart);
  told();
  book_.take(0, {lease(kFridge, "192.168.1.20", 1h + 59s)}, kStart + 1s);
  EXPECT_EQ(told(), Lines{});
  book_.take(0, {lease(kFridge, "192.168.1.20", 1h + 60s)}, kStart + 1s);
  EXPECT_EQ(told(), Lines{"+ 192.168.1.20 8c:79:f5:10:00:01 3659"});
}

TEST_F(LeaseBookTest, ALeaseThatVanishedIsWithdrawn) {
  book_.take(0, {lease(kFridge, "192.168.1.20"), lease(kLaptop, "192.168.1.21")}, kStart);
  told();
  book_.take(0, {lease(kLaptop, "192.168.1.21")}, kStart + 1min);
  EXPECT_EQ(told(), Lines{"- 192.168.1.20 8c:79:f5:10:00:01"});
  EXPECT_EQ(book_.live(), 1U);
  EXPECT_EQ(book_.counters().withdrawn, 1U);
}

TEST_F(LeaseBookTest, ALeaseThatRanOutIsWithdrawnOnce) {
  book_.take(0, {lease(kFridge, "192.168.1.20")}, kStart);
  told();
  book_.tick(kStart + 1h - 1us);
  EXPECT_EQ(told(), Lines{});
  book_.tick(kStart + 1h);
  EXPECT_EQ(told(), Lines{"- 192.168.1.20 8c:79:f5:10:00:01"});
  book_.tick(kStart + 2h);
  book_.take(0, {lease(kFridge, "192.168.1.20")}, kStart + 2h);
  EXPECT_EQ(told(), Lines{}) << "over, though it still stands in the file";
}

TEST_F(LeaseBookTest, AnAddressThatChangesHandsIsWithdrawnFirst) {
  book_.take(0, {lease(kFridge, "192.168.1.20")}, kStart);
  told();
  book_.take(0, {lease(kLaptop, "192.168.1.20")}, kStart);
  EXPECT_EQ(told(), (Lines{"- 192.168.1.20 8c:79:f5:10:00:01", "+ 192.168.1.20 3c:22:fb:10:00:02 3600"}));
}

TEST_F(LeaseBookTest, OfTwoFilesTheLaterLeaseCounts) {
  book_.take(0, {lease(kFridge, "192.168.1.20", 1h)}, kStart);
  book_.take(1, {lease(kLaptop, "192.168.1.20", 2h)}, kStart);
  told();
  book_.take(1, {lease(kLaptop, "192.168.1.20", 30min)}, kStart);
  EXPECT_EQ(told(), (Lines{"- 192.168.1.20 3c:22:fb:10:00:02", "+ 192.168.1.20 8c:79:f5:10:00:01 3600"}));
  book_.take(0, {}, kStart);
  EXPECT_EQ(told(), (Lines{"- 192.168.1.20 8c:79:f5:10:00:01", "+ 192.168.1.20 3c:22:fb:10:00:02 1800"}));
}

TEST_F(LeaseBookTest, ALeaseForEverHasNoEnd) {
  auto fridge = lease(kFridge, "192.168.1.20");
  fridge.until.reset();
  book_.take(0, {fridge}, kStart);
  EXPECT_EQ(told(), Lines{"+ 192.168.1.20 8c:79:f5:10:00:01"});
  book_.tick(kStart + 24h * 3650);
  EXPECT_EQ(told(), Lines{});
}

TEST_F(LeaseBookTest, AStaticNameIsToldOnceItsMacTurnsUp) {
  book_.take(std::vector<StaticName>{{kFridge, "icebox"}, {kLaptop, "lauras"}}, kStart);
  EXPECT_EQ(told(), Lines{});
  book_.present(kLaptop, kStart);
  EXPECT_EQ(told(), Lines{"3c:22:fb:10:00:02 14 lauras"});
  book_.present(kLaptop, kStart);
  EXPECT_EQ(told(), Lines{});
  book_.take(0, {lease(kFridge, "192.168.1.20")}, kStart);
  EXPECT_EQ(told(), (Lines{"+ 192.168.1.20 8c:79:f5:10:00:01 3600", "8c:79:f5:10:00:01 14 icebox"}));
  book_.take(std::vector<StaticName>{{kFridge, "cooler"}, {kLaptop, "lauras"}}, kStart);
  EXPECT_EQ(told(), Lines{"8c:79:f5:10:00:01 14 cooler"});
}

TEST_F(LeaseBookTest, SoManyMacsMayTurnUpAndNotOneMore) {
  const auto nth = [](std::size_t i) {
    return MacAddress{{0x02, 0, 0, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}};
  };
  book_.take(std::vector<StaticName>{{nth(LeaseBook::kMaxPresent - 1), "last"},
                                     {nth(LeaseBook::kMaxPresent), "more"}},
             kStart);
  for (std::size_t i = 0; i <= LeaseBook::kMaxPresent; ++i) book_.present(nth(i), kStart);
  EXPECT_EQ(told().size(), 1U);
}

}  // namespace
}  // namespace gatewitness::leases
