// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/lan_interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>

namespace gatewitness::supervisor {
namespace {

struct FreeAddresses {
  void operator()(ifaddrs* addresses) const noexcept { ::freeifaddrs(addresses); }
};

// Link-local addresses are everywhere, also on the way out.
bool is_of_a_home(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    const uint32_t bits = ntohl(v4.sin_addr.s_addr);
    return bits >> 24U == 10 || bits >> 20U == 0xac1 || bits >> 16U == 0xc0a8;
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return (v6.sin6_addr.s6_addr[0] & 0xfeU) == 0xfc;
}

void take(Interface& known, const ifaddrs& entry) {
  known.up = (entry.ifa_flags & IFF_UP) != 0;
  if (entry.ifa_addr == nullptr) return;
  if (entry.ifa_addr->sa_family == AF_PACKET) {
    sockaddr_ll link{};
    std::memcpy(&link, entry.ifa_addr, sizeof link);
    known.ethernet = link.sll_hatype == ARPHRD_ETHER;
  } else {
    known.home_address |= is_of_a_home(*entry.ifa_addr);
  }
}

std::string content_of(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::vector<std::string> lan_interfaces(std::span<const Interface> all) {
  std::vector<std::string> names;
  for (const auto& one : all)
    if (one.up && one.ethernet && one.home_address && !one.default_route) names.push_back(one.name);
  std::ranges::sort(names);
  if (names.size() > kMostInterfaces) names.resize(kMostInterfaces);
  return names;
}

// IPv4: name, destination, gateway, flags, three counters, mask. IPv6: destination, length of its prefix,
// source, length, next hop, metric, two counters, flags, name; what is unreachable there points at lo.
std::vector<std::string> default_routes(const std::string& table) {
  const std::string everywhere4(8, '0');
  const std::string everywhere6(32, '0');
  std::vector<std::string> names;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream text(line);
    std::vector<std::string> words;
    for (std::string word; words.size() < 16 && text >> word;) words.push_back(word);
    if (words.size() >= 8 && words[1] == everywhere4 && words[7] == everywhere4) names.push_back(words[0]);
    if (words.size() == 10 && words[0] == everywhere6 && words[1] == "00" && words[9] != "lo")
      names.push_back(words[9]);
  }
  return names;
}

std::vector<Interface> list_interfaces() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeAddresses> addresses(first);
  std::map<std::string, Interface> known;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next)
    take(known[entry->ifa_name], *entry);
  auto out = default_routes(content_of("/proc/net/route"));
  std::ranges::copy(default_routes(content_of("/proc/net/ipv6_route")), std::back_inserter(out));
  std::vector<Interface> all;
  for (auto& [name, one] : known) {
    one.name = name;
    one.default_route = std::ranges::find(out, name) != out.end();
    all.push_back(one);
  }
  return all;
}

}  // namespace gatewitness::supervisor
