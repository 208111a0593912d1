// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/address_book.h"

#include <gtest/gtest.h>

namespace gatewitness {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart{std::chrono::seconds(1'790'000'000)};
const MacAddress kFridge = *MacAddress::parse("02:00:5e:10:00:01");
const MacAddress kLaptop = *MacAddress::parse("02:00:5e:10:00:02");
const IpAddress kAddress = *IpAddress::parse("192.168.1.20");

wire::AddressClaim claim(const MacAddress& mac, wire::ClaimSource source,
                         std::optional<uint32_t> lease_s = std::nullopt) {
  wire::AddressClaim made;
  made.interface = "br-lan";
  made.mac = mac;
  made.address = kAddress;
  made.source = source;
  made.lease_s = lease_s;
  return made;
}

class AddressBookTest : public testing::Test {
 protected:
  std::optional<MacAddress> holder(Timestamp time) const {
    const Tenure* tenure = book_.who_had(kAddress, time);
    return tenure == nullptr ? std::nullopt : std::optional(tenure->mac);
  }
  AddressBook book_{AttributionOptions{}};
};

TEST_F(AddressBookTest, AnAddressBelongsToTheDeviceOfThatTime) {
  book_.learn(claim(kFridge, wire::ClaimSource::kDhcp, 3600), kStart);
  book_.learn(claim(kLaptop, wire::ClaimSource::kDhcp, 3600), kStart + 10min);
  EXPECT_EQ(holder(kStart - 1s), std::nullopt);
  EXPECT_EQ(holder(kStart), kFridge);
  EXPECT_EQ(holder(kStart + 10min - 1us), kFridge);
  EXPECT_EQ(holder(kStart + 10min), kLaptop);
  EXPECT_EQ(holder(kStart + 70min), kLaptop) << "the lease's last moment";
  EXPECT_EQ(holder(kStart + 70min + 1us), std::nullopt);
}

TEST_F(AddressBookTest, AReleasedAddressBelongsToNobody) {
  book_.learn(claim(kFridge, wire::ClaimSource::kDhcp, 3600), kStart);
  auto released = claim(kFridge, wire::ClaimSource::kDhcp);
  released.withdrawn = true;
  book_.learn(released, kStart + 1min);
  EXPECT_EQ(holder(kStart + 59s), kFridge);
  EXPECT_EQ(holder(kStart + 1min), std::nullopt);
}

// The last word of a flow comes after its end, when the address may be another's.
TEST_F(AddressBookTest, LateNewsEndsNothing) {
  book_.learn(claim(kFridge, wire::ClaimSource::kDhcp, 3600), kStart);
  book_.learn(claim(kLaptop, wire::ClaimSource::kDhcp, 3600), kStart + 10min);
  book_.seen(kFridge, kAddress, kStart + 5min);
  EXPECT_EQ(holder(kStart + 10min), kLaptop);
  EXPECT_EQ(holder(kStart + 5min), kFridge);
  ASSERT_EQ(book_.addresses_of(kLaptop, 8).size(), 1U);
  EXPECT_EQ(book_.addresses_of(kLaptop, 8)[0].to, std::nullopt);
  EXPECT_EQ(book_.addresses_of(kFridge, 8).size(), 1U);
}

TEST_F(AddressBookTest, LateNewsOfAnUnknownTimeIsKeptWhereItBelongs) {
  book_.learn(claim(kLaptop, wire::ClaimSource::kDhcp, 3600), kStart);
  book_.seen(kFridge, kAddress, kStart - 1min);
  EXPECT_EQ(holder(kStart - 30s), kFridge);
  EXPECT_EQ(holder(kStart), kLaptop);
}

TEST_F(AddressBookTest, TheKernelsOldTableTakesNothingAway) {
  const struct {
    const char* name;
    wire::ClaimSource held_by;
    Duration later;
    MacAddress want;
  } cases[] = {
      {"a lease holds", wire::ClaimSource::kDhcp, 10min, kLaptop},
      {"an ARP answer holds for its time", wire::ClaimSource::kArp, 30min, kLaptop},
      {"and not beyond it", wire::ClaimSource::kArp, 31min, kFridge},
      {"the table corrects itself", wire::ClaimSource::kNeighbour, 1s, kFridge},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    book_ = AddressBook{AttributionOptions{}};
    book_.learn(claim(kLaptop, c.held_by), kStart);
    if (c.held_by == wire::ClaimSource::kDhcp) book_.learn(claim(kLaptop, c.held_by, 3600), kStart);
    book_.learn(claim(kFridge, wire::ClaimSource::kNeighbour), kStart + c.later);
    EXPECT_EQ(holder(kStart + c.later), c.want);
  }
}

TEST_F(AddressBookTest, ALeaseFileTakesNothingFromWhoWasHeard) {
  const struct {
    const char* name;
    wire::ClaimSource held_by;
    wire::ClaimSource said_by;
    MacAddress want;
  } cases[] = {
      {"a lease against an ARP answer", wire::ClaimSource::kArp, wire::ClaimSource::kLease, kLaptop},
      {"an ARP answer against a lease", wire::ClaimSource::kLease, wire::ClaimSource::kArp, kFridge},
      {"a lease against the kernel's table", wire::ClaimSource::kNeighbour, wire::ClaimSource::kLease,
       kFridge},
      {"the kernel's table against a lease", wire::ClaimSource::kLease, wire::ClaimSource::kNeighbour,
       kLaptop},
      {"a later lease", wire::ClaimSource::kLease, wire::ClaimSource::kLease, kFridge},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    book_ = AddressBook{AttributionOptions{}};
    book_.learn(claim(kLaptop, c.held_by, 3600), kStart);
    book_.learn(claim(kFridge, c.said_by, 3600), kStart + 1min);
    EXPECT_EQ(holder(kStart + 1min), c.want);
    if (c.held_by == wire::ClaimSource::kLease) {
      EXPECT_EQ(book_.rival(kAddress, kFridge, kStart + 1min, 10min), std::nullopt)
          << "a lease answers for nobody";
    }
  }
}

TEST_F(AddressBookTest, WhoIsHeardAfterALeaseWasReadHoldsOnHisOwnWord) {
  book_.learn(claim(kLaptop, wire::ClaimSource::kLease, 3600), kStart);
  book_.seen(kLaptop, kAddress, kStart + 1min);
  book_.learn(claim(kFridge, wire::ClaimSource::kLease, 3600), kStart + 2min);
  EXPECT_EQ(holder(kStart + 2min), kLaptop);
  book_.learn(claim(kFridge, wire::ClaimSource::kArp), kStart + 3min);
  EXPECT_EQ(book_.rival(kAddress, kFridge, kStart + 3min, 10min), kLaptop);
}

TEST_F(AddressBookTest, TwoMacsThatAnswerForOneAddressAreRivals) {
  book_.learn(claim(kFridge, wire::ClaimSource::kArp), kStart);
  EXPECT_EQ(book_.rival(kAddress, kFridge, kStart, 10s), std::nullopt);
  book_.learn(claim(kLaptop, wire::ClaimSource::kArp), kStart + 2s);
  EXPECT_EQ(book_.rival(kAddress, kFridge, kStart + 2s, 10s), kLaptop);
  EXPECT_EQ(book_.rival(kAddress, kLaptop, kStart + 2s, 10s), kFridge);
  EXPECT_EQ(book_.rival(kAddress, kLaptop, kStart + 11s, 10s), std::nullopt) << "an old holder is no rival";
}

TEST_F(AddressBookTest, CountsTheIpv4AddressesBehindOneMac) {
  for (uint8_t host = 1; host <= 3; ++host) book_.seen(kFridge, IpAddress::v4({192, 168, 1, host}), kStart);
  book_.seen(kFridge, *IpAddress::parse("2001:db8::1"), kStart);
  book_.seen(kFridge, *IpAddress::parse("169.254.3.4"), kStart);
  EXPECT_EQ(book_.addresses_held(kFridge, kStart), 3U);
  EXPECT_EQ(book_.addresses_held(kFridge, kStart + 31min), 0U);
}

TEST_F(AddressBookTest, IsBoundedInAddressesAndInHoldersOfEach) {
  for (std::size_t i = 0; i < AddressBook::kMaxAddresses + 1; ++i) {
    book_.seen(kFridge,
               IpAddress::v4({10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8),
                              static_cast<uint8_t>(i)}),
               kStart + i * 1us);
  }
  EXPECT_EQ(book_.all().size(), AddressBook::kMaxAddresses);
  EXPECT_EQ(book_.forgotten(), 1U);
  EXPECT_EQ(book_.who_had(IpAddress::v4({10, 0, 0, 0}), kStart), nullptr) << "confirmed longest ago";

  AddressBook changing{AttributionOptions{}};
  for (uint8_t i = 0; i < AddressBook::kMaxTenuresPerAddress + 1; ++i)
    changing.seen(MacAddress{{2, 0, 0, 0, 0, i}}, kAddress, kStart + i * 1s);
  EXPECT_EQ(changing.all().at(kAddress).size(), AddressBook::kMaxTenuresPerAddress);
  EXPECT_EQ(changing.forgotten(), 1U);
}

TEST_F(AddressBookTest, NobodyIsCalledByAGroupsAddress) {
  book_.learn(claim(MacAddress{}, wire::ClaimSource::kArp), kStart);
  book_.learn(claim(*MacAddress::parse("ff:ff:ff:ff:ff:ff"), wire::ClaimSource::kArp), kStart);
  EXPECT_TRUE(book_.all().empty());
}

}  // namespace
}  // namespace gatewitness
