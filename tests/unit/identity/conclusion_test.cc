// SPDX-License-Identifier: Apache-2.0
//
// What facts and MACs make of a device: maker, class and name with their reasons, what says otherwise, and
// the link from a made-up MAC to an earlier device.
#include <gtest/gtest.h>

#include "daemon/identity/classes.h"
#include "daemon/identity/identity.h"
#include "daemon/identity/links.h"
#include "daemon/identity/mac_kind.h"

namespace gatewitness {
namespace {

using namespace std::chrono_literals;
using wire::FactKind;

const Timestamp kNoon{std::chrono::seconds(1'795'000'000)};
const IdentityOptions kOptions;

MacAddress mac(const char* text) {
  return *MacAddress::parse(text);
}

Identity of(std::initializer_list<std::pair<FactKind, const char*>> facts,
            const char* address = "00:00:5e:00:53:01") {
  Identity identity(mac(address), kOptions);
  for (const auto& [kind, value] : facts) (void)identity.learn({kind, value, kNoon}, kOptions);
  return identity;
}

TEST(Conclusion, NameClassAndMakerHaveTheirReasons) {
  const auto identity = of({{FactKind::kDhcpHostName, "DCS-935L"}, {FactKind::kMdnsName, "dcs-935l"}});
  EXPECT_EQ(identity.name(), "DCS-935L");
  EXPECT_EQ(identity.device_class(), "camera");
  EXPECT_EQ(identity.vendor(), "D-Link");
  const auto reasons = identity.reasons(kOptions);
  ASSERT_GE(reasons.size(), 3U);
  for (const auto& reason : reasons) EXPECT_FALSE(reason.fact.empty());
  EXPECT_TRUE(identity.contradictions(kOptions).empty());
}

TEST(Conclusion, FactsThatDisagreeAreBothTold) {
  const auto identity =
      of({{FactKind::kDhcpHostName, "kitchen-fridge"}, {FactKind::kMdnsModel, "md=LaserJet printer"}});
  const auto against = identity.contradictions(kOptions);
  ASSERT_FALSE(against.empty());
  EXPECT_NE(against.front().says, identity.device_class());
  EXPECT_FALSE(identity.device_class().empty());
}

TEST(Conclusion, ADeviceThatRepeatsItselfIsNoSurer) {
  auto identity = of({{FactKind::kMdnsName, "printer-a"},
                      {FactKind::kMdnsName, "printer-b"},
                      {FactKind::kMdnsName, "printer-c"}});
  EXPECT_EQ(identity.device_class(), "printer");
  (void)identity.learn({FactKind::kDhcpHostName, "refrigerator", kNoon}, kOptions);
  (void)identity.learn({FactKind::kSsdpServer, "refrigerator", kNoon}, kOptions);
  EXPECT_EQ(identity.device_class(), "fridge") << "two kinds of fact outweigh one, however often it was said";
}

TEST(Conclusion, AGenericNameIsUsedOnlyWhereThereIsNoOther) {
  EXPECT_EQ(of({{FactKind::kDhcpHostName, "localhost"}}).name(), "localhost");
  EXPECT_EQ(of({{FactKind::kDhcpHostName, "localhost"}, {FactKind::kMdnsName, "annas-lamp"}}).name(),
            "annas-lamp");
  EXPECT_EQ(of({{FactKind::kDhcpHostName, "x"}, {FactKind::kStaticName, "From-Ethers"}}).name(),
            "From-Ethers");
}

TEST(Conclusion, WhatTellsMostIsKeptWhenADeviceSaysALot) {
  auto identity = of({{FactKind::kSsdpType, "urn:Belkin:device:controllee:1"}});
  for (int i = 0; i < 40; ++i)
    (void)identity.learn({FactKind::kSsdpType, "urn:Belkin:service:x" + std::to_string(i), kNoon + i * 1s},
                         kOptions);
  EXPECT_LE(identity.facts().size(), Identity::kMaxPerKind);
  EXPECT_EQ(identity.device_class(), "plug");
  EXPECT_EQ(identity.vendor(), "Belkin");
}

TEST(Conclusion, ApplianceClassesAreThoseThatNeverMail) {
  EXPECT_TRUE(is_appliance("fridge"));
  EXPECT_TRUE(is_appliance("camera"));
  EXPECT_FALSE(is_appliance("computer"));
  EXPECT_FALSE(is_appliance("nas"));
  EXPECT_FALSE(is_appliance(""));
}

TEST(MacKinds, MadeUpVirtualAndUniversal) {
  EXPECT_EQ(mac_kind(mac("8c:79:f5:10:00:01")), MacKind::kUniversal);
  EXPECT_EQ(mac_kind(mac("da:a1:19:00:00:01")), MacKind::kMadeUp);
  EXPECT_EQ(mac_kind(mac("02:42:ac:11:00:02")), MacKind::kContainer);
  EXPECT_EQ(mac_kind(mac("52:54:00:12:34:56")), MacKind::kVirtual);
  EXPECT_EQ(mac_kind(mac("01:00:5e:00:00:01")), MacKind::kGroup);
  EXPECT_EQ(mac_kind(MacAddress()), MacKind::kNone);
}

// --- the table of makers

std::vector<uint8_t> table_of_one(std::string_view maker = "Acme") {
  std::vector<uint8_t> bytes = {'G', 'W', 'O', 'U', 'I', 0, 0, 1};
  const auto u32 = [&](uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
  };
  u32(1), u32(0), u32(0), u32(static_cast<uint32_t>(maker.size() + 1));
  bytes.insert(bytes.end(), {0x8c, 0x79, 0xf5, 0, 0, 0});
  bytes.push_back(static_cast<uint8_t>(maker.size()));
  bytes.insert(bytes.end(), maker.begin(), maker.end());
  return bytes;
}

TEST(OuiTables, NamesTheMakerOfAPrefixAndNobodyElse) {
  const auto bytes = table_of_one();
  const auto table = OuiTable::over(bytes, nullptr);
  ASSERT_TRUE(table) << table.error();
  EXPECT_EQ(table->vendor_of(mac("8c:79:f5:10:00:01")), "Acme");
  EXPECT_EQ(table->vendor_of(mac("8c:79:f6:10:00:01")), "");
  EXPECT_EQ(table->vendor_of(mac("8e:79:f5:10:00:01")), "") << "made up";
  const Identity identity(mac("8c:79:f5:10:00:01"),
                          {std::make_shared<const RuleSet>(built_in_rules()), *table});
  EXPECT_EQ(identity.vendor(), "Acme");
}

// One cloud for two product lines: what a device says of itself outweighs it, and an app on a phone does not
// count.
TEST(Conclusion, ACloudDecidesWhereNothingElseDoes) {
  IdentityOptions options;
  const auto table = table_of_one("Edimax");
  options.vendors = OuiTable::over(table, nullptr).value();
  const auto concluded = [&](const char* address,
                             std::initializer_list<std::pair<FactKind, const char*>> facts) {
    Identity identity(mac(address), options);
    for (const auto& [kind, value] : facts) (void)identity.learn({kind, value, kNoon}, options);
    return std::string(identity.device_class());
  };
  const auto cloud = std::pair(FactKind::kDnsCloud, "myedimax.com");
  EXPECT_EQ(concluded("8c:79:f5:10:00:01", {cloud}), "plug");
  EXPECT_EQ(concluded("8c:79:f5:10:00:01", {cloud, {FactKind::kMdnsName, "localcam"}}), "camera");
  EXPECT_EQ(concluded("8c:79:f5:10:00:01", {cloud, {FactKind::kSsdpServer, "CellVision UPnP/1.0"}}),
            "camera");
  EXPECT_NE(concluded("00:00:5e:00:53:01", {cloud}), "plug") << "a stranger's MAC: an app";
}

TEST(OuiTables, ADamagedOneIsRefusedOrHarmless) {
  const auto whole = table_of_one();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(OuiTable::over(std::span(whole).first(length), nullptr)) << length;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto damaged = whole;
    damaged[i] ^= 0xff;
    if (const auto table = OuiTable::over(damaged, nullptr)) (void)table->vendor_of(mac("8c:79:f5:10:00:01"));
  }
}

// --- links

std::optional<Link> link(const Identity& now, const Identity& before, Timestamp left = kNoon,
                         const char* address = "da:a1:19:00:00:02") {
  const std::vector<SeenDevice> others = {{mac("da:a1:19:00:00:01"), &before, kNoon - 24h, left}};
  return link_of({mac(address), &now, kNoon + 1h, kNoon + 2h}, others, *kOptions.rules);
}

TEST(Links, AClientIdThatIsNotTheMacIsStrong) {
  const auto found =
      link(of({{FactKind::kDhcpClientId, "ff11223344"}}), of({{FactKind::kDhcpClientId, "ff11223344"}}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->strength, Strength::kStrong);
  EXPECT_EQ(found->earlier, mac("da:a1:19:00:00:01"));
  EXPECT_EQ(found->grounds.size(), 1U);
  EXPECT_FALSE(link(of({{FactKind::kDhcpClientId, "01daa119000002"}}),
                    of({{FactKind::kDhcpClientId, "01daa119000002"}})))
      << "it is the MAC";
}

TEST(Links, ANameIsFairWithAFingerprintAndWeakWithout) {
  const auto named =
      of({{FactKind::kDhcpHostName, "Annas-iPhone"}, {FactKind::kDhcpParameters, "1,121,3,6"}});
  const auto bare = of({{FactKind::kDhcpHostName, "Annas-iPhone"}});
  const auto other_kind =
      of({{FactKind::kDhcpHostName, "Annas-iPhone"}, {FactKind::kDhcpParameters, "1,3,6,15"}});
  EXPECT_EQ(link(named, named)->strength, Strength::kFair);
  EXPECT_EQ(link(bare, bare)->strength, Strength::kWeak);
  EXPECT_FALSE(link(named, other_kind)) << "what they say of their kind keeps them apart";
}

TEST(Links, WhatManyHaveLinksNobody) {
  const auto generic = of({{FactKind::kDhcpHostName, "iPhone"}, {FactKind::kDhcpParameters, "1,121,3,6"}});
  EXPECT_FALSE(link(generic, generic));
  const auto model =
      of({{FactKind::kDhcpParameters, "1,121,3,6"}, {FactKind::kDhcpVendorClass, "android-dhcp-13"}});
  EXPECT_FALSE(link(model, model)) << "a model is no device";
}

TEST(Links, OnlyAMadeUpMacAndOnlyWhoWasThereBefore) {
  const auto named = of({{FactKind::kDhcpHostName, "Annas-iPhone"}});
  EXPECT_FALSE(link(named, named, kNoon, "8c:79:f5:10:00:01")) << "its own MAC";
  EXPECT_FALSE(link(named, named, kNoon + 10h)) << "both are there";
}

}  // namespace
}  // namespace gatewitness
