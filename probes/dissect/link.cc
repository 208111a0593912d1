// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/link.h"

#include <algorithm>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect {
namespace {

constexpr uint16_t kVlan = 0x8100;          // 802.1Q
constexpr uint16_t kProviderVlan = 0x88a8;  // 802.1ad
constexpr uint16_t kOldProviderVlan = 0x9100;
constexpr uint16_t kPppoeSession = 0x8864;
constexpr uint16_t kPppIpv4 = 0x0021;
constexpr uint16_t kPppIpv6 = 0x0057;
// Deeper stacks of tags are not made by networks, only by those who want a parser to loop.
constexpr int kMaxTags = 4;

MacAddress mac_from(std::span<const uint8_t> bytes) {
  MacAddress mac;
  if (bytes.size() == mac.bytes.size()) std::copy(bytes.begin(), bytes.end(), mac.bytes.begin());
  return mac;
}

LinkPayload give_up(Packet& packet, FrameFault fault) {
  packet.fault = fault;
  return {};
}

LinkPayload by_ip_version(std::span<const uint8_t> bytes, Packet& packet) {
  if (bytes.empty()) return give_up(packet, FrameFault::kTruncated);
  const unsigned version = bytes[0] >> 4U;
  return {static_cast<uint16_t>(version == 4 ? kEtherIpv4 : version == 6 ? kEtherIpv6 : 0), bytes};
}

// RFC 1661, RFC 1662: address and control bytes and the protocol's first byte may be compressed away.
LinkPayload read_ppp(ByteReader in, Packet& packet) {
  if (in.left() > 0 && in.rest()[0] == 0xff) in.skip(2);  // no protocol begins so
  uint16_t protocol = in.u8();
  if ((protocol & 1U) == 0) protocol = static_cast<uint16_t>(protocol << 8 | in.u8());
  if (!in.ok()) return give_up(packet, FrameFault::kTruncated);
  if (protocol == kPppIpv4) return {kEtherIpv4, in.rest()};
  if (protocol == kPppIpv6) return {kEtherIpv6, in.rest()};
  return {};
}

// RFC 2516: version and type, code, session, length; then PPP without address and control.
LinkPayload read_pppoe(ByteReader in, Packet& packet) {
  const uint8_t version_type = in.u8();
  const uint8_t code = in.u8();
  in.skip(2);
  const uint16_t length = in.u16();
  if (!in.ok()) return give_up(packet, FrameFault::kTruncated);
  if (version_type != 0x11 || code != 0) return give_up(packet, FrameFault::kMalformed);
  const auto payload = in.rest().first(std::min<std::size_t>(length, in.left()));
  return read_ppp(ByteReader(payload), packet);
}

// What follows a type field: tags are peeled off, the outermost one's id is kept.
LinkPayload read_typed(ByteReader in, uint16_t type, Packet& packet) {
  for (int tags = 0; type == kVlan || type == kProviderVlan || type == kOldProviderVlan; ++tags) {
    const uint16_t id = in.u16() & 0x0fffU;
    type = in.u16();
    if (!in.ok()) return give_up(packet, FrameFault::kTruncated);
    if (tags == kMaxTags) return give_up(packet, FrameFault::kMalformed);
    if (tags == 0) packet.vlan = id;
  }
  if (!in.ok()) return give_up(packet, FrameFault::kTruncated);
  if (type == kPppoeSession) return read_pppoe(in, packet);
  return {type, in.rest()};
}

LinkPayload read_ethernet(ByteReader in, Packet& packet) {
  packet.destination_mac = mac_from(in.take(6));
  packet.source_mac = mac_from(in.take(6));
  packet.has_macs = in.ok();  // a frame cut inside them has none
  const uint16_t type = in.u16();
  return read_typed(in, type, packet);
}

// https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html: only the sender's address is there, and only
// Ethernet's is a MAC (ARPHRD_ETHER = 1).
LinkPayload read_sll(ByteReader in, Packet& packet) {
  in.skip(2);
  const uint16_t hardware = in.u16();
  const uint16_t address_length = in.u16();
  const auto address = in.take(8);
  if (in.ok() && hardware == 1 && address_length == 6) {
    packet.source_mac = mac_from(address.first(6));
    packet.has_macs = true;
  }
  const uint16_t type = in.u16();
  return read_typed(in, type, packet);
}

// https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
LinkPayload read_sll2(ByteReader in, Packet& packet) {
  const uint16_t type = in.u16();
  in.skip(6);  // reserved, interface index
  const uint16_t hardware = in.u16();
  in.skip(1);  // packet type
  const uint8_t address_length = in.u8();
  const auto address = in.take(8);
  if (in.ok() && hardware == 1 && address_length == 6) {
    packet.source_mac = mac_from(address.first(6));
    packet.has_macs = true;
  }
  return read_typed(in, type, packet);
}

// The address family's number is in the byte order of the machine that captured, so the IP version decides.
LinkPayload read_null(ByteReader in, Packet& packet) {
  in.skip(4);
  return by_ip_version(in.rest(), packet);
}

}  // namespace

std::optional<LinkType> link_type_from_dlt(int dlt) {
  switch (dlt) {
    case 1:
      return LinkType::kEthernet;
    case 113:
      return LinkType::kLinuxSll;
    case 276:
      return LinkType::kLinuxSll2;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return LinkType::kRawIp;
    case 0:
    case 108:
      return LinkType::kNull;
    case 9:
    case 50:
      return LinkType::kPpp;
    case 51:
      return LinkType::kPppoe;
    default:
      return std::nullopt;
  }
}

LinkPayload read_link(LinkType link, std::span<const uint8_t> frame, Packet& packet) {
  const ByteReader in(frame);
  switch (link) {
    case LinkType::kEthernet:
      return read_ethernet(in, packet);
    case LinkType::kLinuxSll:
      return read_sll(in, packet);
    case LinkType::kLinuxSll2:
      return read_sll2(in, packet);
    case LinkType::kRawIp:
      return by_ip_version(frame, packet);
    case LinkType::kNull:
      return read_null(in, packet);
    case LinkType::kPpp:
      return read_ppp(in, packet);
    case LinkType::kPppoe:
      return read_pppoe(in, packet);
  }
  return {};
}

}  // namespace gatewitness::dissect
