// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/frame.h"

#include <algorithm>
#include <array>

#include "probes/dissect/bytes.h"
#include "probes/dissect/link.h"

namespace gatewitness::dissect {
namespace {

constexpr uint8_t kIcmp = 1, kIcmpv6 = 58;
// IPv6 extension headers (RFC 8200 section 4, RFC 4302, RFC 6275, RFC 7401, RFC 5533).
constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAuthentication = 51, kNoNext = 59,
                  kOptions = 60, kMobility = 135, kHip = 139, kShim6 = 140;
// A chain longer than this is made to tire a parser.
constexpr int kMaxExtensionHeaders = 8;

void set_fault(Packet& packet, FrameFault fault) {
  if (packet.fault == FrameFault::kNone) packet.fault = fault;
}

// A header reaches beyond the packet's bytes: cut off by the capture, or a lie.
void set_short(Packet& packet) {
  set_fault(packet, packet.missing_bytes > 0 ? FrameFault::kTruncated : FrameFault::kMalformed);
}

// The packet's own idea of its length decides what is payload and what is padding; what the capture does not
// hold of it is counted as missing.
std::span<const uint8_t> cut_to(std::span<const uint8_t> bytes, std::size_t length, Packet& packet) {
  if (length > bytes.size()) {
    packet.missing_bytes = static_cast<uint32_t>(length - bytes.size());
    return bytes;
  }
  return bytes.first(length);
}

void read_arp(ByteReader in, Packet& packet) {
  ArpPacket arp;
  const uint16_t hardware = in.u16();
  const uint16_t protocol = in.u16();
  const uint8_t hardware_length = in.u8();
  const uint8_t protocol_length = in.u8();
  arp.operation = in.u16();
  if (!in.ok()) return set_fault(packet, FrameFault::kTruncated);
  if (hardware != 1 || protocol != kEtherIpv4 || hardware_length != 6 || protocol_length != 4) {
    return set_fault(packet, FrameFault::kNotIp);
  }
  const auto sender_mac = in.take(6);
  const auto sender_ip = in.take(4);
  const auto target_mac = in.take(6);
  const auto target_ip = in.take(4);
  if (!in.ok()) return set_fault(packet, FrameFault::kTruncated);
  std::copy(sender_mac.begin(), sender_mac.end(), arp.sender_mac.bytes.begin());
  std::copy(target_mac.begin(), target_mac.end(), arp.target_mac.bytes.begin());
  arp.sender_ip = *IpAddress::from_bytes(sender_ip);
  arp.target_ip = *IpAddress::from_bytes(target_ip);
  packet.arp = arp;
}

void read_tcp(Packet& packet) {
  ByteReader in(packet.ip_payload);
  packet.source_port = in.u16();
  packet.destination_port = in.u16();
  TcpHeader tcp;
  tcp.sequence = in.u32();
  tcp.acknowledgement = in.u32();
  const std::size_t header_size = (in.u8() >> 4U) * 4U;
  tcp.flags = in.u8();
  tcp.window = in.u16();
  in.skip(4);
  if (!in.ok()) return set_short(packet);
  if (header_size < 20) return set_fault(packet, FrameFault::kMalformed);
  tcp.options = in.take(header_size - 20);
  if (!in.ok()) return set_short(packet);
  packet.tcp = tcp;
  packet.payload = in.rest();
}

void read_udp(Packet& packet) {
  ByteReader in(packet.ip_payload);
  packet.source_port = in.u16();
  packet.destination_port = in.u16();
  const std::size_t length = in.u16();
  in.skip(2);
  if (!in.ok()) return set_short(packet);
  if (length < 8 || length > packet.ip_payload.size() + packet.missing_bytes) {
    return set_fault(packet, FrameFault::kMalformed);
  }
  packet.payload = in.rest().first(std::min(length - 8, in.left()));
}

void read_icmp(Packet& packet) {
  ByteReader in(packet.ip_payload);
  packet.icmp_type = in.u8();
  packet.icmp_code = in.u8();
  in.skip(2);
  if (!in.ok()) return set_short(packet);
  packet.payload = in.rest();
}

// Ports and payload of anything but a fragment's part, which has no header of its own.
void read_transport(Packet& packet) {
  if (packet.fragment) return;
  if (packet.protocol == kProtocolTcp) return read_tcp(packet);
  if (packet.protocol == kProtocolUdp) return read_udp(packet);
  if (packet.protocol == kIcmp || packet.protocol == kIcmpv6) return read_icmp(packet);
}

void read_ipv4(std::span<const uint8_t> bytes, Packet& packet) {
  ByteReader in(bytes);
  const uint8_t version_length = in.u8();
  in.skip(1);
  const uint16_t total = in.u16();
  packet.fragment_id = in.u16();
  const uint16_t fragment = in.u16();
  packet.ttl = in.u8();
  packet.protocol = in.u8();
  in.skip(2);
  const auto source = in.take(4);
  const auto destination = in.take(4);
  if (!in.ok()) return set_fault(packet, FrameFault::kTruncated);
  const std::size_t header_size = (version_length & 0x0fU) * 4U;
  // A total length of zero is what segmentation offload leaves in captures made on the sending host.
  const std::size_t length = total == 0 ? bytes.size() : total;
  if (header_size < 20 || length < header_size) return set_fault(packet, FrameFault::kMalformed);
  packet.is_ip = true;
  packet.source = *IpAddress::from_bytes(source);
  packet.destination = *IpAddress::from_bytes(destination);
  packet.dont_fragment = (fragment & 0x4000U) != 0;
  packet.more_fragments = (fragment & 0x2000U) != 0;
  packet.fragment_offset = (fragment & 0x1fffU) * 8U;
  packet.fragment = packet.more_fragments || packet.fragment_offset != 0;
  packet.ip_packet = cut_to(bytes, length, packet);
  if (packet.ip_packet.size() < header_size) return set_fault(packet, FrameFault::kTruncated);
  packet.ip_payload = packet.ip_packet.subspan(header_size);
  read_transport(packet);
}

// Returns the header that comes next, or nullopt where the packet ends or cannot be read on.
std::optional<uint8_t> read_extension(uint8_t header, ByteReader& in, Packet& packet) {
  if (header == kFragment) {
    const uint8_t next = in.u8();
    in.skip(1);
    const uint16_t offset = in.u16();
    packet.fragment_id = in.u32();
    packet.fragment_offset = offset & 0xfff8U;
    packet.more_fragments = (offset & 1U) != 0;
    // An atomic fragment (RFC 6946) is a whole packet.
    packet.fragment = packet.more_fragments || packet.fragment_offset != 0;
    return in.ok() ? std::optional(next) : std::nullopt;
  }
  const uint8_t next = in.u8();
  const std::size_t units = in.u8();
  in.skip(header == kAuthentication ? units * 4 + 6 : units * 8 + 6);
  return in.ok() ? std::optional(next) : std::nullopt;
}

bool is_extension(uint8_t header) {
  static constexpr std::array<uint8_t, 8> kHeaders = {kHopByHop, kRouting,  kFragment, kAuthentication,
                                                      kOptions,  kMobility, kHip,      kShim6};
  return std::find(kHeaders.begin(), kHeaders.end(), header) != kHeaders.end();
}

// From the header that packet.protocol names at the front of ip_payload, to the transport header.
void read_extensions(Packet& packet) {
  ByteReader in(packet.ip_payload);
  uint8_t next = packet.protocol;
  packet.protocol = 0;
  for (int headers = 0; is_extension(next); ++headers) {
    if (headers == kMaxExtensionHeaders) return set_fault(packet, FrameFault::kMalformed);
    const auto following = read_extension(next, in, packet);
    if (!following) return set_short(packet);
    next = *following;
    // What the fragments share out begins here, also where further extension headers are its first bytes.
    if (packet.fragment) break;
  }
  packet.protocol = next == kNoNext ? 0 : next;
  packet.ip_payload = in.rest();
  if (packet.protocol != 0) read_transport(packet);
}

void read_ipv6(std::span<const uint8_t> bytes, Packet& packet) {
  ByteReader fixed(bytes);
  fixed.skip(4);
  const uint16_t payload_length = fixed.u16();
  const uint8_t next = fixed.u8();
  packet.ttl = fixed.u8();
  const auto source = fixed.take(16);
  const auto destination = fixed.take(16);
  if (!fixed.ok()) return set_fault(packet, FrameFault::kTruncated);
  packet.is_ip = true;
  packet.source = *IpAddress::from_bytes(source);
  packet.destination = *IpAddress::from_bytes(destination);
  // Zero: a jumbogram (RFC 2675) or offload's doing; the captured length is all there is to go by.
  packet.ip_packet = cut_to(bytes, payload_length == 0 ? bytes.size() : 40U + payload_length, packet);
  packet.protocol = next;
  packet.ip_payload = packet.ip_packet.subspan(40);
  read_extensions(packet);
}

void read_network(uint16_t ether_type, std::span<const uint8_t> bytes, Packet& packet) {
  const unsigned version = bytes.empty() ? 0U : bytes[0] >> 4U;
  if (bytes.empty()) return set_fault(packet, FrameFault::kTruncated);
  if (ether_type == kEtherIpv4 && version == 4) return read_ipv4(bytes, packet);
  if (ether_type == kEtherIpv6 && version == 6) return read_ipv6(bytes, packet);
  set_fault(packet, FrameFault::kMalformed);
}

}  // namespace

Packet decode_frame(LinkType link, std::span<const uint8_t> bytes) {
  Packet packet;
  const LinkPayload inner = read_link(link, bytes, packet);
  if (packet.fault != FrameFault::kNone) return packet;
  if (inner.ether_type == kEtherArp) {
    read_arp(ByteReader(inner.bytes), packet);
  } else if (inner.ether_type == kEtherIpv4 || inner.ether_type == kEtherIpv6) {
    read_network(inner.ether_type, inner.bytes, packet);
  } else {
    packet.fault = FrameFault::kNotIp;
  }
  return packet;
}

void decode_transport(Packet& packet) {
  packet.fragment = packet.more_fragments = false;
  packet.fragment_offset = 0;
  if (packet.source.is_v4()) return read_transport(packet);
  read_extensions(packet);
  // Fragments inside fragments: nobody but an attacker sends them.
  if (packet.fragment) set_fault(packet, FrameFault::kMalformed);
}

Packet decode_ip(std::span<const uint8_t> bytes) {
  Packet packet;
  const unsigned version = bytes.empty() ? 0U : bytes[0] >> 4U;
  read_network(version == 6 ? kEtherIpv6 : kEtherIpv4, bytes, packet);
  return packet;
}

}  // namespace gatewitness::dissect
