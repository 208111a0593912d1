// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets of the identity parsers share: a packet around the fuzzer's bytes, and what must be
// true of the findings whatever the bytes were.
#pragma once

#include <cstdlib>
#include <span>

#include "probes/dissect/identity.h"

namespace gatewitness::dissect::fuzz {

inline void require(bool fact) {
  if (!fact) std::abort();
}

inline void check(const Findings& findings) {
  require(findings.claims.size() <= kMaxClaimsPerPacket);
  require(findings.facts.size() <= kMaxFactsPerPacket);
  require(findings.mx_queries.size() <= kMaxMxQueriesPerPacket);
  for (const auto& claim : findings.claims) {
    require(!claim.mac.is_zero() && !claim.mac.is_multicast());
    require(!claim.address.is_unspecified() && !claim.address.is_multicast());
  }
  for (const auto& fact : findings.facts) require(!fact.value.empty() && fact.value.size() <= wire::kMaxText);
  for (const auto& query : findings.mx_queries)
    require(!query.name.empty() && query.name.size() <= wire::kMaxEhlo);
}

// A packet from a device to a server or back, that carries the payload.
inline Packet packet(std::span<const uint8_t> payload, bool from_device, uint8_t protocol,
                     uint16_t device_port, uint16_t server_port, bool ipv6 = false) {
  const MacAddress device{{0x02, 0, 0x5e, 0, 0, 0x20}};
  const MacAddress server{{0x02, 0, 0x5e, 0, 0, 0x01}};
  const IpAddress device_ip = ipv6 ? IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20})
                                   : IpAddress::v4({192, 168, 1, 20});
  const IpAddress server_ip = ipv6 ? IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01})
                                   : IpAddress::v4({192, 168, 1, 1});
  Packet packet;
  packet.has_macs = true;
  packet.source_mac = from_device ? device : server;
  packet.destination_mac = from_device ? server : device;
  packet.is_ip = true;
  packet.source = from_device ? device_ip : server_ip;
  packet.destination = from_device ? server_ip : device_ip;
  packet.protocol = protocol;
  packet.source_port = from_device ? device_port : server_port;
  packet.destination_port = from_device ? server_port : device_port;
  packet.ttl = 255;
  packet.payload = payload;
  return packet;
}

inline void read(const Packet& packet) {
  require(carries_identity(packet));
  check(read_identity(packet));
}

}  // namespace gatewitness::dissect::fuzz
