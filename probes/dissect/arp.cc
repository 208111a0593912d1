// SPDX-License-Identifier: Apache-2.0
//
// ARP (RFC 826): whoever sends one, asking or answering, says which address is his. Gratuitous ones need no
// case of their own. A probe (RFC 5227 section 2.1.1) comes from 0.0.0.0 and claims nothing yet.
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {

void read_arp(const Packet& packet, Findings& out) {
  constexpr uint16_t kRequest = 1;
  constexpr uint16_t kReply = 2;
  if (!packet.arp) return;
  const ArpPacket& arp = *packet.arp;
  if (arp.operation != kRequest && arp.operation != kReply) return;
  const bool probe = arp.operation == kRequest && arp.sender_ip.is_unspecified();
  if (probe) {
    if (!is_device_mac(arp.sender_mac)) out.malformed = true;
    return;
  }
  wire::AddressClaim claim;
  claim.mac = arp.sender_mac;
  claim.address = arp.sender_ip;
  claim.source = wire::ClaimSource::kArp;
  add_claim(out, claim);
}

}  // namespace gatewitness::dissect
