// SPDX-License-Identifier: Apache-2.0
//
// Packets by hand for the identity parsers' tests: bytes are put together field by field, the decoded headers
// are set as frame.cc would. Findings come back as lines of text, so that a whole packet's findings are one
// comparison.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "probes/dissect/identity.h"

namespace gatewitness::dissect::test {

class Bytes {
 public:
  Bytes& u8(unsigned value) {
    bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Bytes& u16(unsigned value) { return u8(value >> 8 & 0xff).u8(value & 0xff); }
  Bytes& u32(uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
  Bytes& zeros(std::size_t count) {
    bytes_.insert(bytes_.end(), count, 0);
    return *this;
  }
  Bytes& text(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  Bytes& add(const Bytes& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }
  Bytes& ip(std::string_view address) {
    const auto parsed = IpAddress::parse(address).value();
    bytes_.insert(bytes_.end(), parsed.bytes().begin(), parsed.bytes().end());
    return *this;
  }
  Bytes& mac(std::string_view address) {
    const auto parsed = MacAddress::parse(address).value();
    bytes_.insert(bytes_.end(), parsed.bytes.begin(), parsed.bytes.end());
    return *this;
  }
  // DNS labels with the final zero.
  Bytes& name(std::string_view dotted) {
    while (!dotted.empty()) {
      const auto label = dotted.substr(0, dotted.find('.'));
      u8(static_cast<unsigned>(label.size())).text(label);
      dotted.remove_prefix(std::min(dotted.size(), label.size() + 1));
    }
    return u8(0);
  }
  std::size_t size() const { return bytes_.size(); }
  const std::vector<uint8_t>& vector() const { return bytes_; }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  std::vector<uint8_t> bytes_;
};

inline constexpr std::string_view kDeviceMac = "02:00:5e:00:00:20";
inline constexpr std::string_view kServerMac = "02:00:5e:00:00:01";

struct PacketSpec {
  std::string_view source_mac = kDeviceMac;
  std::string_view destination_mac = kServerMac;
  std::string_view source = "192.168.1.20";
  std::string_view destination = "192.168.1.1";
  uint16_t source_port = 40000;
  uint16_t destination_port = 53;
  uint8_t protocol = kProtocolUdp;
  uint8_t ttl = 64;
};

// Borrows the payload.
inline Packet make_packet(const PacketSpec& spec, const Bytes& payload) {
  Packet packet;
  packet.has_macs = true;
  packet.source_mac = MacAddress::parse(spec.source_mac).value();
  packet.destination_mac = MacAddress::parse(spec.destination_mac).value();
  packet.is_ip = true;
  packet.source = IpAddress::parse(spec.source).value();
  packet.destination = IpAddress::parse(spec.destination).value();
  packet.source_port = spec.source_port;
  packet.destination_port = spec.destination_port;
  packet.protocol = spec.protocol;
  packet.ttl = spec.ttl;
  packet.payload = payload.vector();
  return packet;
}

// "dhcp 02:00:5e:00:00:20 192.168.1.20 3600s", "fact 0 fridge 02:... 192...", "mx example.com 02:... 192...",
// then "malformed" and "over N".
inline std::vector<std::string> describe(const Findings& findings) {
  static constexpr std::string_view kSources[] = {"dhcp", "dhcpv6", "arp", "nd", "neighbour", "lease"};
  std::vector<std::string> lines;
  for (const auto& claim : findings.claims) {
    std::string line(kSources[static_cast<std::size_t>(claim.source)]);
    line += " " + to_string(claim.mac) + " " + to_string(claim.address);
    if (claim.lease_s) line += " " + std::to_string(*claim.lease_s) + "s";
    if (claim.withdrawn) line += " withdrawn";
    if (claim.is_router) line += " router";
    lines.push_back(line);
  }
  for (const auto& fact : findings.facts) {
    lines.push_back("fact " + std::to_string(static_cast<int>(fact.kind)) + " " + fact.value + " " +
                    to_string(fact.mac) + (fact.address ? " " + to_string(*fact.address) : ""));
  }
  for (const auto& query : findings.mx_queries) {
    lines.push_back("mx " + query.name + " " + to_string(query.mac) + " " + to_string(query.address));
  }
  if (findings.malformed) lines.push_back("malformed");
  if (findings.over_limit > 0) lines.push_back("over " + std::to_string(findings.over_limit));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace gatewitness::dissect::test
