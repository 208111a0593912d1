// SPDX-License-Identifier: Apache-2.0
//
// How the identity parsers write down what they found: the one place where implausible addresses are refused,
// texts are capped and repetitions inside a packet are dropped. Internal to this folder; called by dhcp.cc,
// mdns.cc and their like.
#pragma once

#include <optional>
#include <string_view>

#include "probes/dissect/bytes.h"
#include "probes/dissect/identity.h"

namespace gatewitness::dissect {

// A MAC that can belong to one device: neither zero nor a group address.
bool is_device_mac(const MacAddress& mac);
// An address that can belong to one device on a LAN.
bool is_device_address(const IpAddress& address);

// A claim about an impossible MAC or address marks the packet as malformed and is dropped.
void add_claim(Findings& out, const wire::AddressClaim& claim);

// Who said something: where the packet comes straight from the device, its frame and source address.
struct Speaker {
  MacAddress mac;                    // zero: the link has no MACs
  std::optional<IpAddress> address;  // absent: it had none yet
};
Speaker frame_speaker(const Packet& packet);

// The value is cut to kMaxText bytes; an empty one says nothing and is dropped, and so is one of a speaker
// who has neither MAC nor address.
void add_fact(Findings& out, const Speaker& speaker, wire::FactKind kind, std::string_view value);

void add_mx_query(Findings& out, const Speaker& speaker, std::string_view name);

// Lower-case hex without separators of at most kMaxText digits.
std::string hex(std::span<const uint8_t> bytes);
// Uncompressed labels (RFC 1035 section 3.1) up to a zero or the end, as DHCP carries a name that may be
// partial, joined by dots; a broken name marks the packet as malformed and yields what came before the fault.
std::string read_plain_name(ByteReader& in, Findings& out);
// ASCII only; other bytes stay as they are.
std::string ascii_lower(std::string_view text);

}  // namespace gatewitness::dissect
