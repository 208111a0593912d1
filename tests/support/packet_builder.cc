// SPDX-License-Identifier: Apache-2.0
#include "tests/support/packet_builder.h"

#include <algorithm>
#include <initializer_list>

namespace gatewitness::test {
namespace {

using dissect::LinkType;
using dissect::TcpHeader;

constexpr uint8_t kFragmentHeader = 44, kAuthenticationHeader = 51;

Bytes u8(unsigned value) {
  return {static_cast<uint8_t>(value)};
}
Bytes u16(unsigned value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}
Bytes u32(uint32_t value) {
  return u16(value >> 16) + u16(value & 0xffff);
}
Bytes zeros(std::size_t count) {
  return Bytes(count, 0);
}

Bytes ip_bytes(std::string_view address) {
  const auto parsed = IpAddress::parse(address).value();
  return {parsed.bytes().begin(), parsed.bytes().end()};
}
Bytes mac_bytes(std::string_view address) {
  const auto parsed = MacAddress::parse(address).value();
  return {parsed.bytes.begin(), parsed.bytes.end()};
}

bool is_v6(const Bytes& packet) {
  return !packet.empty() && packet[0] >> 4 == 6;
}
uint16_t ether_type(const Bytes& packet) {
  return is_v6(packet) ? 0x86dd : 0x0800;
}
Bytes ppp(const Bytes& packet) {
  return u16(is_v6(packet) ? 0x0057 : 0x0021) + packet;
}
Bytes pppoe(const Bytes& packet) {
  const Bytes inner = ppp(packet);
  return u16(0x1100) + u16(3) + u16(static_cast<unsigned>(inner.size())) + inner;
}

}  // namespace

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes text(std::string_view characters) {
  return {characters.begin(), characters.end()};
}
Bytes cut(const Bytes& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(count, bytes.size()))};
}

Bytes tcp(const TcpSpec& spec, std::string_view payload) {
  const Bytes options = spec.options + zeros((4 - spec.options.size() % 4) % 4);
  const unsigned words = spec.header_words.value_or(static_cast<uint8_t>(5 + options.size() / 4));
  return u16(spec.source_port) + u16(spec.destination_port) + u32(spec.sequence) + u32(spec.acknowledgement) +
         u8(words << 4) + u8(spec.flags) + u16(spec.window) + u32(0) + options + text(payload);
}

Bytes udp(uint16_t source_port, uint16_t destination_port, std::string_view payload,
          std::optional<uint16_t> length) {
  const unsigned whole = length.value_or(static_cast<uint16_t>(8 + payload.size()));
  return u16(source_port) + u16(destination_port) + u16(whole) + u16(0) + text(payload);
}

Bytes icmp(uint8_t type, uint8_t code, const Bytes& payload) {
  return u8(type) + u8(code) + u16(0) + payload;
}

Bytes ipv4(const Ipv4Spec& spec, const Bytes& payload) {
  const std::size_t header = 20 + spec.options.size();
  const unsigned total = spec.total_length.value_or(static_cast<uint16_t>(header + payload.size()));
  const unsigned flags = (spec.dont_fragment ? 0x4000U : 0U) | (spec.more_fragments ? 0x2000U : 0U);
  return u8(spec.version_length.value_or(static_cast<uint8_t>(0x40 | header / 4))) + u8(0) + u16(total) +
         u16(spec.id) + u16(flags | spec.fragment_offset / 8U) + u8(spec.ttl) + u8(spec.protocol) + u16(0) +
         ip_bytes(spec.source) + ip_bytes(spec.destination) + spec.options + payload;
}

Extension options_header(uint8_t type, uint8_t extra_units) {
  return {type, u8(extra_units) + zeros(6U + 8U * extra_units)};
}
// RFC 4302: its length counts units of four bytes, minus two; here with an ICV of twelve bytes.
Extension authentication_header() {
  return {kAuthenticationHeader, u8(4) + zeros(22)};
}
Extension fragment_header(uint16_t offset, bool more, uint32_t id) {
  return {kFragmentHeader, u8(0) + u16(static_cast<unsigned>(offset) | (more ? 1U : 0U)) + u32(id)};
}

Bytes ipv6(const Ipv6Spec& spec, const Bytes& payload) {
  Bytes rest;
  uint8_t first = spec.protocol;
  for (auto extension = spec.extensions.rbegin(); extension != spec.extensions.rend(); ++extension) {
    rest = u8(first) + extension->body + rest;
    first = extension->type;
  }
  rest = rest + payload;
  const unsigned length = spec.payload_length.value_or(static_cast<uint16_t>(rest.size()));
  return u8(static_cast<unsigned>(spec.version) << 4) + zeros(3) + u16(length) + u8(first) +
         u8(spec.hop_limit) + ip_bytes(spec.source) + ip_bytes(spec.destination) + rest;
}

std::vector<Bytes> fragments(const Ipv4Spec& spec, const Bytes& payload, std::size_t size) {
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < payload.size(); at += size) {
    Ipv4Spec part = spec;
    part.fragment_offset = static_cast<uint16_t>(at);
    part.more_fragments = at + size < payload.size();
    out.push_back(ipv4(part, cut({payload.begin() + static_cast<std::ptrdiff_t>(at), payload.end()}, size)));
  }
  return out;
}

std::vector<Bytes> fragments(const Ipv6Spec& spec, const Bytes& payload, std::size_t size) {
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < payload.size(); at += size) {
    Ipv6Spec part = spec;
    part.extensions.push_back(fragment_header(static_cast<uint16_t>(at), at + size < payload.size()));
    out.push_back(ipv6(part, cut({payload.begin() + static_cast<std::ptrdiff_t>(at), payload.end()}, size)));
  }
  return out;
}

std::string_view name(Link link) {
  static constexpr std::string_view kNames[] = {
      "Ethernet", "802.1Q", "802.1ad", "QinQ", "PPPoE", "PPPoE in 802.1Q",       "SLL",
      "SLL2",     "raw IP", "NULL",    "LOOP", "PPP",   "PPPoE without Ethernet"};
  return kNames[static_cast<std::size_t>(link)];
}

LinkType link_type(Link link) {
  switch (link) {
    case Link::kSll:
      return LinkType::kLinuxSll;
    case Link::kSll2:
      return LinkType::kLinuxSll2;
    case Link::kRaw:
      return LinkType::kRawIp;
    case Link::kNull:
    case Link::kLoop:
      return LinkType::kNull;
    case Link::kPpp:
      return LinkType::kPpp;
    case Link::kPppoeBare:
      return LinkType::kPppoe;
    default:
      return LinkType::kEthernet;
  }
}

Bytes ethernet(uint16_t type, const Bytes& payload, const Macs& macs) {
  return mac_bytes(macs.destination) + mac_bytes(macs.source) + u16(type) + payload;
}

Bytes frame(Link link, const Bytes& packet, const Macs& macs) {
  const uint16_t type = ether_type(packet);
  const uint8_t family = is_v6(packet) ? 30 : 2;
  switch (link) {
    case Link::kEthernet:
      return ethernet(type, packet, macs);
    case Link::kVlan:
      return ethernet(0x8100, u16(0x2007) + u16(type) + packet, macs);
    case Link::kProviderVlan:
      return ethernet(0x88a8, u16(7) + u16(type) + packet, macs);
    case Link::kQinQ:
      return ethernet(0x88a8, u16(7) + u16(0x8100) + u16(9) + u16(type) + packet, macs);
    case Link::kPppoe:
      return ethernet(0x8864, pppoe(packet), macs);
    case Link::kVlanPppoe:
      return ethernet(0x8100, u16(7) + u16(0x8864) + pppoe(packet), macs);
    case Link::kSll:
      return u16(0) + u16(1) + u16(6) + mac_bytes(macs.source) + u16(0) + u16(type) + packet;
    case Link::kSll2:
      return u16(type) + u16(0) + u32(3) + u16(1) + u8(0) + u8(6) + mac_bytes(macs.source) + u16(0) + packet;
    case Link::kRaw:
      return packet;
    case Link::kNull:
      return u8(family) + zeros(3) + packet;
    case Link::kLoop:
      return u32(family) + packet;
    case Link::kPpp:
      return u16(0xff03) + ppp(packet);
    case Link::kPppoeBare:
      return pppoe(packet);
  }
  return {};
}

Bytes arp(uint16_t operation, std::string_view sender_mac, std::string_view sender_ip,
          std::string_view target_ip) {
  return ethernet(0x0806,
                  u16(1) + u16(0x0800) + u8(6) + u8(4) + u16(operation) + mac_bytes(sender_mac) +
                      ip_bytes(sender_ip) + zeros(6) + ip_bytes(target_ip),
                  {sender_mac, "ff:ff:ff:ff:ff:ff"});
}

Conversation::Conversation(const Spec& spec)
    : spec_(spec), client_next_(spec.client_isn), server_next_(spec.server_isn) {}

Bytes Conversation::segment(bool from_client, uint8_t flags, std::string_view payload) {
  uint32_t& own = from_client ? client_next_ : server_next_;
  TcpSpec spec;
  spec.source_port = from_client ? spec_.client_port : spec_.server_port;
  spec.destination_port = from_client ? spec_.server_port : spec_.client_port;
  spec.sequence = own;
  spec.acknowledgement = (flags & TcpHeader::kAck) != 0 ? (from_client ? server_next_ : client_next_) : 0;
  spec.flags = flags;
  if ((flags & TcpHeader::kSyn) != 0) spec.options = {2, 4, 5, 180, 4, 2, 1, 1};
  own +=
      static_cast<uint32_t>(payload.size()) + ((flags & (TcpHeader::kSyn | TcpHeader::kFin)) != 0 ? 1U : 0U);
  const auto source = from_client ? spec_.client : spec_.server;
  const auto destination = from_client ? spec_.server : spec_.client;
  const Macs macs =
      from_client ? Macs{spec_.client_mac, spec_.server_mac} : Macs{spec_.server_mac, spec_.client_mac};
  const Bytes inner = tcp(spec, payload);
  if (source.find(':') == std::string_view::npos) {
    Ipv4Spec ip;
    ip.source = source;
    ip.destination = destination;
    return frame(Link::kEthernet, ipv4(ip, inner), macs);
  }
  Ipv6Spec ip;
  ip.source = source;
  ip.destination = destination;
  return frame(Link::kEthernet, ipv6(ip, inner), macs);
}

Bytes Conversation::syn(std::string_view payload) {
  client_next_ = spec_.client_isn;
  return segment(true, TcpHeader::kSyn, payload);
}
Bytes Conversation::syn_ack() {
  server_next_ = spec_.server_isn;
  return segment(false, TcpHeader::kSyn | TcpHeader::kAck, "");
}
Bytes Conversation::client(std::string_view payload, uint8_t flags) {
  return segment(true, flags, payload);
}
Bytes Conversation::server(std::string_view payload, uint8_t flags) {
  return segment(false, flags, payload);
}

FiveTuple Conversation::tuple() const {
  return {{IpAddress::parse(spec_.client).value(), spec_.client_port},
          {IpAddress::parse(spec_.server).value(), spec_.server_port},
          kProtocolTcp};
}

}  // namespace gatewitness::test
