// SPDX-License-Identifier: Apache-2.0
//
// Frames for tests, put together from the inside out: a TCP segment, an IP packet around it, a link layer
// around that. Every length is right unless a spec lies on purpose; checksums are zero, since nothing that is
// tested looks at them. Owned by the tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/dissect/frame.h"

namespace gatewitness::test {

using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes left, const Bytes& right);
Bytes text(std::string_view characters);
// The first count bytes.
Bytes cut(const Bytes& bytes, std::size_t count);

inline constexpr std::string_view kDeviceMac = "02:00:5e:00:00:20";
inline constexpr std::string_view kGatewayMac = "02:00:5e:00:00:01";
inline constexpr std::string_view kDevice = "192.168.1.20";
inline constexpr std::string_view kServer = "203.0.113.25";
inline constexpr std::string_view kDevice6 = "2001:db8:1::20";
inline constexpr std::string_view kServer6 = "2001:db8:ffff::25";

// --- transport

struct TcpSpec {
  uint16_t source_port = 40000;
  uint16_t destination_port = 25;
  uint32_t sequence = 1000;
  uint32_t acknowledgement = 0;
  uint8_t flags = dissect::TcpHeader::kAck;
  uint16_t window = 64240;
  Bytes options;                        // padded with zeros to a multiple of four
  std::optional<uint8_t> header_words;  // a lie about the header's length, in units of four bytes
};
Bytes tcp(const TcpSpec& spec, std::string_view payload = "");
Bytes udp(uint16_t source_port, uint16_t destination_port, std::string_view payload,
          std::optional<uint16_t> length = std::nullopt);
// Also ICMPv6: the four bytes after the checksum are part of the payload.
Bytes icmp(uint8_t type, uint8_t code, const Bytes& payload);

// --- network

struct Ipv4Spec {
  std::string_view source = kDevice;
  std::string_view destination = kServer;
  uint8_t protocol = kProtocolTcp;
  uint8_t ttl = 64;
  uint16_t id = 7;
  bool dont_fragment = false;
  bool more_fragments = false;
  uint16_t fragment_offset = 0;          // bytes, a multiple of eight
  Bytes options;                         // a multiple of four bytes
  std::optional<uint16_t> total_length;  // lies
  std::optional<uint8_t> version_length;
};
Bytes ipv4(const Ipv4Spec& spec, const Bytes& payload);

// IPv6 extension headers (RFC 8200), each without its first byte, which names the one that follows.
struct Extension {
  uint8_t type = 0;
  Bytes body;
};
Extension options_header(uint8_t type, uint8_t extra_units = 0);  // hop-by-hop, routing, destination options
Extension authentication_header();
Extension fragment_header(uint16_t offset, bool more, uint32_t id = 7);

struct Ipv6Spec {
  std::string_view source = kDevice6;
  std::string_view destination = kServer6;
  uint8_t protocol = kProtocolTcp;
  uint8_t hop_limit = 64;
  std::vector<Extension> extensions;
  std::optional<uint16_t> payload_length;  // a lie
  uint8_t version = 6;
};
Bytes ipv6(const Ipv6Spec& spec, const Bytes& payload);

// The packet in fragments of that many payload bytes (a multiple of eight), in order.
std::vector<Bytes> fragments(const Ipv4Spec& spec, const Bytes& payload, std::size_t size);
std::vector<Bytes> fragments(const Ipv6Spec& spec, const Bytes& payload, std::size_t size);

// --- link

enum class Link : uint8_t {
  kEthernet,
  kVlan,          // 802.1Q, id 7
  kProviderVlan,  // 802.1ad, id 7
  kQinQ,          // 802.1ad id 7 around 802.1Q id 9
  kPppoe,
  kVlanPppoe,
  kSll,
  kSll2,
  kRaw,
  kNull,  // the address family in little-endian order
  kLoop,  // in network order
  kPpp,
  kPppoeBare,  // without Ethernet
};
inline constexpr Link kLinks[] = {Link::kEthernet, Link::kVlan,      Link::kProviderVlan, Link::kQinQ,
                                  Link::kPppoe,    Link::kVlanPppoe, Link::kSll,          Link::kSll2,
                                  Link::kRaw,      Link::kNull,      Link::kLoop,         Link::kPpp,
                                  Link::kPppoeBare};
std::string_view name(Link link);
dissect::LinkType link_type(Link link);

struct Macs {
  std::string_view source = kDeviceMac;
  std::string_view destination = kGatewayMac;
};
// An IPv4 or IPv6 packet, as its first byte says, in a frame.
Bytes frame(Link link, const Bytes& ip_packet, const Macs& macs = {});
Bytes ethernet(uint16_t type, const Bytes& payload, const Macs& macs = {});
Bytes arp(uint16_t operation, std::string_view sender_mac, std::string_view sender_ip,
          std::string_view target_ip);

// --- conversations

// Two sides of one TCP connection over Ethernet with running sequence numbers; each call returns the next
// frame.
class Conversation {
 public:
  struct Spec {
    std::string_view client = kDevice;
    std::string_view server = kServer;
    uint16_t client_port = 40000;
    uint16_t server_port = 25;
    uint32_t client_isn = 1000;
    uint32_t server_isn = 900000;
    std::string_view client_mac = kDeviceMac;
    std::string_view server_mac = kGatewayMac;
  };
  Conversation() : Conversation(Spec{}) {}
  explicit Conversation(const Spec& spec);

  Bytes syn(std::string_view payload = "");
  Bytes syn_ack();
  Bytes client(std::string_view payload, uint8_t flags = dissect::TcpHeader::kAck);
  Bytes server(std::string_view payload, uint8_t flags = dissect::TcpHeader::kAck);
  Bytes client_fin() { return client("", dissect::TcpHeader::kFin | dissect::TcpHeader::kAck); }
  Bytes server_fin() { return server("", dissect::TcpHeader::kFin | dissect::TcpHeader::kAck); }
  Bytes server_rst() { return server("", dissect::TcpHeader::kRst | dissect::TcpHeader::kAck); }
  Bytes client_rst() { return client("", dissect::TcpHeader::kRst); }
  FiveTuple tuple() const;

 private:
  Bytes segment(bool from_client, uint8_t flags, std::string_view payload);

  Spec spec_;
  uint32_t client_next_, server_next_;
};

}  // namespace gatewitness::test
