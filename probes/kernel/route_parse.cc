// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/route_parse.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "probes/kernel/attributes.h"

namespace gatewitness::kernel {
namespace {

// The family header, copied out; nothing if the message is too short for one.
template <typename Header>
std::optional<Header> header(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(Header)) return std::nullopt;
  Header copy;
  std::memcpy(&copy, mnl_nlmsg_get_payload(message), sizeof(copy));
  return copy;
}

std::optional<IpAddress> address(int family, std::optional<std::span<const uint8_t>> bytes) {
  if (!bytes || bytes->size() != (family == AF_INET ? 4U : 16U)) return std::nullopt;
  return IpAddress::from_bytes(*bytes);
}

// Zero if there is none, or one of another length (InfiniBand, tunnels).
MacAddress mac(std::optional<std::span<const uint8_t>> bytes) {
  MacAddress result;
  if (bytes && bytes->size() == result.bytes.size()) std::ranges::copy(*bytes, result.bytes.begin());
  return result;
}

RouteMessage link(const nlmsghdr* message, bool removed) {
  const auto head = header<ifinfomsg>(message);
  // AF_BRIDGE: about a port of a bridge; its "removed" means "left the bridge".
  if (!head || head->ifi_family != AF_UNSPEC || head->ifi_index <= 0) return {};
  const auto all = Attributes<IFLA_IFNAME>::of(message, sizeof(ifinfomsg));
  const auto name = all.text(IFLA_IFNAME);
  if (!name || name->empty()) return {};
  return Link{static_cast<uint32_t>(head->ifi_index), std::string(*name), mac(all.bytes(IFLA_ADDRESS)),
              removed};
}

RouteMessage interface_address(const nlmsghdr* message, bool removed) {
  const auto head = header<ifaddrmsg>(message);
  if (!head || (head->ifa_family != AF_INET && head->ifa_family != AF_INET6)) return {};
  const auto all = Attributes<IFA_LOCAL>::of(message, sizeof(ifaddrmsg));
  auto own = address(head->ifa_family, all.bytes(IFA_LOCAL));
  if (!own) own = address(head->ifa_family, all.bytes(IFA_ADDRESS));
  const unsigned longest = head->ifa_family == AF_INET ? 32 : 128;
  if (!own || head->ifa_prefixlen > longest) return {};
  return InterfaceAddress{head->ifa_index, *own, head->ifa_prefixlen, removed};
}

NeighbourState state_of(const ndmsg& head, bool removed) {
  constexpr unsigned kHasMac = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
  if (removed) return NeighbourState::kForgotten;
  if ((head.ndm_state & NUD_FAILED) != 0) return NeighbourState::kFailed;
  return (head.ndm_state & kHasMac) != 0 ? NeighbourState::kKnown : NeighbourState::kUnknown;
}

RouteMessage neighbour(const nlmsghdr* message, bool removed) {
  const auto head = header<ndmsg>(message);
  if (!head || (head->ndm_family != AF_INET && head->ndm_family != AF_INET6)) return {};
  // Multicast and interfaces that resolve nothing; addresses that we answer for ourselves.
  if ((head->ndm_state & NUD_NOARP) != 0 || (head->ndm_flags & NTF_PROXY) != 0 || head->ndm_ifindex <= 0)
    return {};
  const auto all = Attributes<NDA_LLADDR>::of(message, sizeof(ndmsg));
  const auto who = address(head->ndm_family, all.bytes(NDA_DST));
  if (!who || who->is_multicast() || who->is_unspecified()) return {};
  Neighbour found{static_cast<uint32_t>(head->ndm_ifindex),
                  *who,
                  {},
                  state_of(*head, removed),
                  (head->ndm_flags & NTF_ROUTER) != 0};
  if (found.state == NeighbourState::kKnown) found.mac = mac(all.bytes(NDA_LLADDR));
  if (found.state == NeighbourState::kKnown && found.mac.is_zero()) return {};
  return found;
}

}  // namespace

RouteMessage parse_route(const nlmsghdr* message) {
  switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return link(message, message->nlmsg_type == RTM_DELLINK);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return interface_address(message, message->nlmsg_type == RTM_DELADDR);
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return neighbour(message, message->nlmsg_type == RTM_DELNEIGH);
    default:
      return {};
  }
}

}  // namespace gatewitness::kernel
