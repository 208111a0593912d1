// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/route_parse.h"

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "tests/unit/kernel/messages.h"

namespace gatewitness::kernel {
namespace {

const MacAddress kMac = MacAddress::parse("02:00:5e:10:00:01").value();

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}
std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
bool ignored(const Message& message) {
  return std::holds_alternative<std::monostate>(parse_route(message.get()));
}

TEST(RouteParse, ReadsALink) {
  Message message(RTM_NEWLINK, 0);
  message.family(ifinfomsg{.ifi_family = AF_UNSPEC,
                           .__ifi_pad = 0,
                           .ifi_type = 1,
                           .ifi_index = 4,
                           .ifi_flags = 0,
                           .ifi_change = 0});
  message.put(IFLA_IFNAME, bytes_of(std::string_view("br-lan\0", 7))).put(IFLA_ADDRESS, kMac.bytes);
  const auto parsed = parse_route(message.get());
  const auto& link = std::get<Link>(parsed);
  EXPECT_EQ(link.index, 4U);
  EXPECT_EQ(link.name, "br-lan");
  EXPECT_EQ(link.mac, kMac);
  EXPECT_FALSE(link.removed);
}

TEST(RouteParse, PassesOverAPortOfABridge) {
  Message message(RTM_DELLINK, 0);
  message.family(ifinfomsg{.ifi_family = AF_BRIDGE,
                           .__ifi_pad = 0,
                           .ifi_type = 1,
                           .ifi_index = 4,
                           .ifi_flags = 0,
                           .ifi_change = 0});
  message.put(IFLA_IFNAME, bytes_of("lan1"));
  EXPECT_TRUE(ignored(message)) << "leaving a bridge is not being removed";
}

TEST(RouteParse, PrefersTheOwnAddressToThePeers) {
  Message message(RTM_NEWADDR, 0);
  message.family(
      ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = 9});
  message.put(IFA_ADDRESS, ip("198.51.100.1")).put(IFA_LOCAL, ip("203.0.113.7"));
  const auto parsed = parse_route(message.get());
  const auto& address = std::get<InterfaceAddress>(parsed);
  EXPECT_EQ(address.address, ip("203.0.113.7"));
  EXPECT_EQ(address.prefix_length, 32);
  EXPECT_EQ(address.index, 9U);
}

TEST(RouteParse, ReadsAnIpv6AddressThatGoes) {
  Message message(RTM_DELADDR, 0);
  message.family(
      ifaddrmsg{.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = 2});
  message.put(IFA_ADDRESS, ip("2001:db8::1"));
  const auto parsed = parse_route(message.get());
  EXPECT_EQ(std::get<InterfaceAddress>(parsed).address, ip("2001:db8::1"));
  EXPECT_TRUE(std::get<InterfaceAddress>(parsed).removed);
}

TEST(RouteParse, RefusesAnAddressOfTheOtherLength) {
  Message v4(RTM_NEWADDR, 0);
  v4.family(
      ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = 2});
  v4.put(IFA_ADDRESS, ip("2001:db8::1"));
  EXPECT_TRUE(ignored(v4));
  Message prefix(RTM_NEWADDR, 0);
  prefix.family(
      ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = 33, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = 2});
  prefix.put(IFA_ADDRESS, ip("192.0.2.1"));
  EXPECT_TRUE(ignored(prefix));
}

struct NeighbourCase {
  const char* name;
  uint16_t type;
  uint16_t state;
  uint8_t flags;
  const char* address;
  bool with_mac;
  std::optional<NeighbourState> want;
};

void fill(Message& message, const NeighbourCase& c) {
  const auto address = ip(c.address);
  const uint8_t family = address.is_v4() ? AF_INET : AF_INET6;
  message.family(ndmsg{.ndm_family = family,
                       .ndm_pad1 = 0,
                       .ndm_pad2 = 0,
                       .ndm_ifindex = 3,
                       .ndm_state = c.state,
                       .ndm_flags = c.flags,
                       .ndm_type = 0});
  message.put(NDA_DST, address);
  if (c.with_mac) message.put(NDA_LLADDR, kMac.bytes);
}

TEST(RouteParse, ReadsNeighbours) {
  const NeighbourCase cases[] = {
      {"reachable", RTM_NEWNEIGH, NUD_REACHABLE, 0, "192.168.1.20", true, NeighbourState::kKnown},
      {"stale, IPv6", RTM_NEWNEIGH, NUD_STALE, NTF_ROUTER, "fe80::1", true, NeighbourState::kKnown},
      {"permanent", RTM_NEWNEIGH, NUD_PERMANENT, 0, "192.168.1.20", true, NeighbourState::kKnown},
      {"asked for", RTM_NEWNEIGH, NUD_INCOMPLETE, 0, "192.168.1.20", false, NeighbourState::kUnknown},
      {"nobody answers", RTM_NEWNEIGH, NUD_FAILED, 0, "192.168.1.20", false, NeighbourState::kFailed},
      {"forgotten", RTM_DELNEIGH, NUD_STALE, 0, "192.168.1.20", true, NeighbourState::kForgotten},
      {"known without a MAC", RTM_NEWNEIGH, NUD_REACHABLE, 0, "192.168.1.20", false, std::nullopt},
      {"needs no resolving", RTM_NEWNEIGH, NUD_NOARP, 0, "192.168.1.20", true, std::nullopt},
      {"proxied", RTM_NEWNEIGH, NUD_REACHABLE, NTF_PROXY, "192.168.1.20", true, std::nullopt},
      {"multicast", RTM_NEWNEIGH, NUD_REACHABLE, 0, "ff02::16", true, std::nullopt},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Message message(c.type, 0);
    fill(message, c);
    const auto parsed = parse_route(message.get());
    const auto* got = std::get_if<Neighbour>(&parsed);
    ASSERT_EQ(got != nullptr, c.want.has_value());
    if (got == nullptr) continue;
    EXPECT_EQ(got->state, *c.want);
    EXPECT_EQ(got->address, ip(c.address));
    EXPECT_EQ(got->index, 3U);
    EXPECT_EQ(got->mac, c.want == NeighbourState::kKnown ? kMac : MacAddress{});
    EXPECT_EQ(got->is_router, (c.flags & NTF_ROUTER) != 0);
  }
}

TEST(RouteParse, SurvivesCuts) {
  Message message(RTM_NEWNEIGH, 0);
  fill(message, {"", RTM_NEWNEIGH, NUD_REACHABLE, 0, "2001:db8::20", true, {}});
  auto whole = message.bytes();
  whole.resize(whole.size() - 2);  // the padding behind the MAC
  for (const uint16_t type : {RTM_NEWNEIGH, RTM_NEWLINK, RTM_NEWADDR}) {
    for (std::size_t length = sizeof(nlmsghdr); length < whole.size(); ++length) {
      std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      nlmsghdr header{};
      std::memcpy(&header, cut.data(), sizeof(header));
      header.nlmsg_len = static_cast<uint32_t>(length);
      header.nlmsg_type = type;
      std::memcpy(cut.data(), &header, sizeof(header));
      const auto parsed = parse_route(reinterpret_cast<const nlmsghdr*>(cut.data()));
      EXPECT_FALSE(std::holds_alternative<Neighbour>(parsed)) << "at " << length;
    }
  }
}

}  // namespace
}  // namespace gatewitness::kernel
