// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/identity.h"

namespace gatewitness::dissect {
namespace {

constexpr uint8_t kProtocolIcmpV6 = 58;

using Parser = void (*)(const Packet&, Findings&);

bool on_port(const Packet& packet, uint16_t port) {
  return packet.source_port == port || packet.destination_port == port;
}

Parser udp_parser(const Packet& packet) {
  if (on_port(packet, 67) || on_port(packet, 68)) return read_dhcp;
  if (on_port(packet, 546) || on_port(packet, 547)) return read_dhcpv6;
  // Answers come from the port too (RFC 6762 section 6); questions say nothing of who asks.
  if (packet.source_port == 5353) return read_mdns;
  if (on_port(packet, 1900)) return read_ssdp;
  if (packet.destination_port == 53) return read_dns;
  return nullptr;
}

bool is_neighbour_discovery(uint8_t icmp_type) {
  return icmp_type >= 133 && icmp_type <= 136;
}

Parser parser_of(const Packet& packet) {
  if (packet.arp) return read_arp;
  if (!packet.is_ip || packet.fragment) return nullptr;
  switch (packet.protocol) {
    case kProtocolUdp:
      return udp_parser(packet);
    case kProtocolTcp:
      return packet.destination_port == 53 && !packet.payload.empty() ? read_dns : nullptr;
    case kProtocolIcmpV6:
      return is_neighbour_discovery(packet.icmp_type) ? read_neighbour_discovery : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

bool carries_identity(const Packet& packet) {
  return parser_of(packet) != nullptr;
}

Findings read_identity(const Packet& packet) {
  Findings findings;
  if (const Parser parse = parser_of(packet)) parse(packet, findings);
  if (packet.missing_bytes > 0) findings.malformed = false;  // cut by the capture, not by the sender
  return findings;
}

}  // namespace gatewitness::dissect
