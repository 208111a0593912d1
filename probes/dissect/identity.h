// SPDX-License-Identifier: Apache-2.0
//
// What a device says of itself and of addresses, read from single packets: DHCP (RFC 2131/2132/4702), DHCPv6
// (RFC 8415), mDNS (RFC 6762/6763), SSDP (UPnP 2.0 section 1), ARP and neighbour discovery (RFC 826, 4861),
// DNS MX questions (RFC 1035). Pure and stateless: a packet in, findings out; the dissector removes
// repetitions. Every finding names the MAC of the device it speaks of, which is not always the frame's: a
// DHCPACK comes from the server, a relayed request from the relay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "probes/dissect/frame.h"
#include "probes/wire/records.h"

namespace gatewitness::dissect {

// Limits of one packet's findings; what is beyond them is counted in over_limit.
inline constexpr std::size_t kMaxClaimsPerPacket = 16;
inline constexpr std::size_t kMaxFactsPerPacket = 32;
inline constexpr std::size_t kMaxMxQueriesPerPacket = 4;

// Findings of one packet; interface fields are left empty for the caller to fill in. malformed: the packet
// claimed to be one of these protocols and broke its rules; what was readable before the fault is kept. A
// packet that the capture cut short is not malformed.
struct Findings {
  std::vector<wire::AddressClaim> claims;
  std::vector<wire::IdentityFact> facts;
  std::vector<wire::MxQuery> mx_queries;
  uint32_t over_limit = 0;  // findings and records that were not taken because of a limit
  bool malformed = false;
};

// Which of the parsers below wants this packet, by protocol and port; false: none, do not call read_identity.
bool carries_identity(const Packet& packet);
Findings read_identity(const Packet& packet);

// Each parser alone, on a decoded packet of its protocol, for tests and fuzzing.
void read_dhcp(const Packet& packet, Findings& out);
void read_dhcpv6(const Packet& packet, Findings& out);
void read_mdns(const Packet& packet, Findings& out);
void read_ssdp(const Packet& packet, Findings& out);
void read_dns(const Packet& packet, Findings& out);
void read_arp(const Packet& packet, Findings& out);
void read_neighbour_discovery(const Packet& packet, Findings& out);

}  // namespace gatewitness::dissect
