// SPDX-License-Identifier: Apache-2.0
//
// The link layer of a frame: what stands before the IP or ARP packet. Private to this folder; called by
// decode_frame.
#pragma once

#include <cstdint>
#include <span>

#include "probes/dissect/frame.h"

namespace gatewitness::dissect {

inline constexpr uint16_t kEtherIpv4 = 0x0800;
inline constexpr uint16_t kEtherArp = 0x0806;
inline constexpr uint16_t kEtherIpv6 = 0x86dd;

struct LinkPayload {
  uint16_t ether_type = 0;  // kEtherIpv4, kEtherIpv6 or kEtherArp; anything else is not looked at
  std::span<const uint8_t> bytes;
};

// Reads the link header(s), sets the MACs, the VLAN id and, where it cannot go on, the fault of packet.
LinkPayload read_link(LinkType link, std::span<const uint8_t> frame, Packet& packet);

}  // namespace gatewitness::dissect
