// SPDX-License-Identifier: Apache-2.0
//
// One captured frame, decoded down to its transport header: link layer, VLAN tags, PPPoE, IPv4 and IPv6
// with options, extension headers and fragments. Pure: bytes in, a view of the same bytes out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "probes/wire/flow.h"
#include "probes/wire/mac.h"

namespace gatewitness::dissect {

// The link types that are read; others are refused when a capture is opened (see link_type_from_dlt).
enum class LinkType : uint8_t { kEthernet, kLinuxSll, kLinuxSll2, kRawIp, kNull, kPpp, kPppoe };

// From a LINKTYPE_/DLT_ number (https://www.tcpdump.org/linktypes.html): 1, 113, 276, 12/14/101/228/229,
// 0/108, 9/50, 51.
std::optional<LinkType> link_type_from_dlt(int dlt);

enum class FrameFault : uint8_t {
  kNone,
  kTruncated,  // a header reaches beyond the captured bytes
  kMalformed,  // a header contradicts itself
  kNotIp,      // neither IP nor ARP: not looked at
};

struct ArpPacket {
  uint16_t operation = 0;  // 1 request, 2 reply
  MacAddress sender_mac;
  IpAddress sender_ip;
  MacAddress target_mac;
  IpAddress target_ip;
};

struct TcpHeader {
  uint32_t sequence = 0;
  uint32_t acknowledgement = 0;
  uint8_t flags = 0;
  uint16_t window = 0;
  std::span<const uint8_t> options;

  static constexpr uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20,
                           kEce = 0x40, kCwr = 0x80;
  bool has(uint8_t flag) const { return (flags & flag) != 0; }
};

// All spans borrow the frame's (or the defragmenter's) bytes.
struct Packet {
  FrameFault fault = FrameFault::kNone;
  bool has_macs = false;  // the link layer names a source MAC (SLL: source only)
  MacAddress source_mac;
  MacAddress destination_mac;
  uint16_t vlan = 0;             // outermost tag's id, 0: untagged
  std::optional<ArpPacket> arp;  // then nothing below is set
  bool is_ip = false;
  IpAddress source;
  IpAddress destination;
  uint8_t ttl = 0;       // TTL or hop limit
  uint8_t protocol = 0;  // after all extension headers; 0 until known. An IPv6 fragment's: the next header
                         // after its fragment header, which may be a further extension header
  bool dont_fragment = false;  // IPv4 DF
  bool fragment = false;       // any fragment
  uint32_t fragment_id = 0;
  uint32_t fragment_offset = 0;  // bytes
  bool more_fragments = false;
  // What follows the IP header(s), cut to the IP length (link padding removed); for a fragment, its part.
  std::span<const uint8_t> ip_payload;
  // The whole IP packet as captured, for nDPI; cut to the IP length.
  std::span<const uint8_t> ip_packet;
  // Payload bytes that the IP header announces but the capture (snap length) does not hold.
  uint32_t missing_bytes = 0;
  uint16_t source_port = 0;  // TCP and UDP of an unfragmented packet
  uint16_t destination_port = 0;
  std::optional<TcpHeader> tcp;
  std::span<const uint8_t> payload;  // after the TCP or UDP header; ICMP: after the type/code/checksum
  uint8_t icmp_type = 0;             // protocol 1 or 58
  uint8_t icmp_code = 0;

  FiveTuple five_tuple() const { return {{source, source_port}, {destination, destination_port}, protocol}; }
};

// Never fails: a frame that cannot be read comes back with its fault set and as much as was readable.
Packet decode_frame(LinkType link, std::span<const uint8_t> bytes);

// Extension headers, ports, TCP header and payload out of ip_payload, for a datagram that was put together
// from fragments; protocol names the header at its front.
void decode_transport(Packet& packet);

// The IP packet alone (also the quoted packet inside an ICMP error, which may be cut short).
Packet decode_ip(std::span<const uint8_t> bytes);

}  // namespace gatewitness::dissect
