// SPDX-License-Identifier: Apache-2.0
//
// DHCPv6 (RFC 8415; FQDN RFC 4704; client link-layer address RFC 6939). A Reply gives addresses, a Release or
// Decline takes them back; prefixes (IA_PD) are a router's business and are not read. The device is the
// frame's source when it speaks itself and the frame's destination when it is answered; behind a relay, what
// the relay says of it; else the MAC in its DUID, which is of one of its interfaces, not always of this one.
#include <algorithm>
#include <optional>

#include "probes/dissect/bytes.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr int kMaxRelays = 8;  // HOP_COUNT_LIMIT, section 7.6
constexpr int kMaxOptions = 128;

enum MessageType : uint8_t {
  kSolicit = 1,
  kRequest = 3,
  kConfirm = 4,
  kRenew = 5,
  kRebind = 6,
  kReply = 7,
  kRelease = 8,
  kDecline = 9,
  kInformationRequest = 11,
  kRelayForward = 12,
  kRelayReply = 13,
};

enum OptionCode : uint16_t {
  kClientId = 1,
  kNonTemporary = 3,
  kTemporary = 4,
  kAddress = 5,
  kRelayMessage = 9,
  kStatusCode = 13,
  kVendorClass = 16,
  kFqdn = 39,
  kClientLinkLayer = 79,
};

struct Option {
  uint16_t code = 0;
  std::span<const uint8_t> value;
};

struct OptionList {
  std::vector<Option> options;
  bool ok = true;

  std::optional<std::span<const uint8_t>> find(uint16_t code) const {
    const auto found = std::ranges::find(options, code, &Option::code);
    if (found == options.end()) return std::nullopt;
    return found->value;
  }
};

OptionList read_options(ByteReader in, Findings& out) {
  OptionList list;
  while (in.left() > 0) {
    if (list.options.size() == kMaxOptions) {
      ++out.over_limit;
      break;
    }
    const uint16_t code = in.u16();
    const auto value = in.take(in.u16());
    if (!in.ok()) break;
    list.options.push_back({code, value});
  }
  list.ok = in.ok();
  if (!list.ok) out.malformed = true;
  return list;
}

// Sections 11.2 and 11.4, and RFC 6939: what stands after a hardware type.
std::optional<MacAddress> typed_mac(std::span<const uint8_t> address, uint16_t hardware_type) {
  constexpr uint16_t kEthernet = 1;
  constexpr uint16_t kIeee802 = 6;
  MacAddress mac;
  const bool ethernet = hardware_type == kEthernet || hardware_type == kIeee802;
  if (!ethernet || address.size() != mac.bytes.size()) return std::nullopt;
  std::ranges::copy(address, mac.bytes.begin());
  if (!is_device_mac(mac)) return std::nullopt;
  return mac;
}

std::optional<MacAddress> mac_of_duid(std::span<const uint8_t> duid) {
  constexpr uint16_t kLinkLayerPlusTime = 1;
  constexpr uint16_t kLinkLayer = 3;
  ByteReader in(duid);
  const uint16_t type = in.u16();
  if (type != kLinkLayerPlusTime && type != kLinkLayer) return std::nullopt;
  const uint16_t hardware_type = in.u16();
  if (type == kLinkLayerPlusTime) in.skip(4);
  return typed_mac(in.rest(), hardware_type);
}

// What is known of the client from outside its message.
struct Client {
  std::optional<MacAddress> mac;
  std::optional<IpAddress> address;
};

Client client_on_link(const Packet& packet, bool from_server) {
  Client client;
  const MacAddress mac = from_server ? packet.destination_mac : packet.source_mac;
  const IpAddress address = from_server ? packet.destination : packet.source;
  if (packet.has_macs && is_device_mac(mac)) client.mac = mac;
  if (is_device_address(address)) client.address = address;
  return client;
}

struct Message {
  uint8_t type = 0;
  OptionList options;
  Client client;
};

// The client's message: the packet itself, or what its relays have wrapped (section 9). The innermost relay
// is the one beside the client.
std::optional<Message> unwrap(const Packet& packet, Findings& out) {
  std::span<const uint8_t> bytes = packet.payload;
  std::optional<Client> relayed;
  for (int relays = 0; relays <= kMaxRelays; ++relays) {
    ByteReader in(bytes);
    Message message;
    message.type = in.u8();
    const bool wrapped = message.type == kRelayForward || message.type == kRelayReply;
    if (!wrapped) {
      in.skip(3);
      if (!in.ok()) return std::nullopt;
      message.options = read_options(in, out);
      message.client = relayed ? *relayed : client_on_link(packet, message.type == kReply);
      return message;
    }
    in.skip(1 + 16);
    const auto peer = IpAddress::from_bytes(in.take(16));
    if (!in.ok()) return std::nullopt;
    const OptionList options = read_options(in, out);
    const auto inner = options.find(kRelayMessage);
    if (!inner) return std::nullopt;
    relayed = Client{};
    if (peer && is_device_address(*peer)) relayed->address = peer;
    if (const auto link_layer = options.find(kClientLinkLayer)) {
      ByteReader typed(*link_layer);
      const uint16_t hardware_type = typed.u16();
      relayed->mac = typed_mac(typed.rest(), hardware_type);
    }
    bytes = *inner;
  }
  ++out.over_limit;
  return std::nullopt;
}

bool is_success(const OptionList& options) {
  const auto status = options.find(kStatusCode);
  return !status || (status->size() >= 2 && ByteReader(*status).u16() == 0);
}

void add_address(Findings& out, const MacAddress& mac, std::span<const uint8_t> value, bool withdrawn) {
  constexpr uint32_t kForEver = 0xffffffffU;
  ByteReader in(value);
  const auto address = IpAddress::from_bytes(in.take(16));
  in.skip(4);  // preferred lifetime
  const uint32_t valid_s = in.u32();
  if (!in.ok() || !address) {
    out.malformed = true;
    return;
  }
  if (!is_success(read_options(in, out))) return;
  wire::AddressClaim claim;
  claim.mac = mac;
  claim.address = *address;
  claim.source = wire::ClaimSource::kDhcpv6;
  claim.withdrawn = withdrawn || valid_s == 0;
  if (!claim.withdrawn && valid_s != kForEver) claim.lease_s = valid_s;
  add_claim(out, claim);
}

void add_claims(Findings& out, const Message& message, const MacAddress& mac, bool withdrawn) {
  if (!is_success(message.options)) return;
  for (const auto& option : message.options.options) {
    if (option.code != kNonTemporary && option.code != kTemporary) continue;
    ByteReader in(option.value);
    in.skip(option.code == kNonTemporary ? 12 : 4);  // identity, and T1 and T2
    if (!in.ok()) {
      out.malformed = true;
      continue;
    }
    const OptionList inner = read_options(in, out);
    if (!is_success(inner)) continue;
    for (const auto& entry : inner.options) {
      if (entry.code == kAddress) add_address(out, mac, entry.value, withdrawn);
    }
  }
}

// Section 21.16: the enterprise number, then data each after its length.
void add_vendor_classes(Findings& out, const Speaker& speaker, std::span<const uint8_t> value) {
  ByteReader in(value);
  in.skip(4);
  while (in.left() > 0) {
    const auto data = in.take(in.u16());
    add_fact(out, speaker, wire::FactKind::kDhcpVendorClass, as_text(data));
  }
  if (!in.ok()) out.malformed = true;
}

void add_facts(Findings& out, const Message& message, const Speaker& speaker) {
  for (const auto& option : message.options.options) {
    if (option.code == kClientId) add_fact(out, speaker, wire::FactKind::kDhcpClientId, hex(option.value));
    if (option.code == kVendorClass) add_vendor_classes(out, speaker, option.value);
    if (option.code == kFqdn) {
      ByteReader in(option.value);
      in.skip(1);  // flags
      add_fact(out, speaker, wire::FactKind::kDhcpFqdn, read_plain_name(in, out));
    }
  }
}

bool from_client(uint8_t type) {
  return type == kSolicit || (type >= kRequest && type <= kRebind) || type == kRelease || type == kDecline ||
         type == kInformationRequest;
}

}  // namespace

void read_dhcpv6(const Packet& packet, Findings& out) {
  const auto message = unwrap(packet, out);
  if (!message) {
    out.malformed = true;
    return;
  }
  std::optional<MacAddress> mac = message->client.mac;
  if (const auto duid = message->options.find(kClientId); duid && !mac) mac = mac_of_duid(*duid);
  if (from_client(message->type)) {
    add_facts(out, *message, {.mac = mac.value_or(MacAddress()), .address = message->client.address});
  }
  const bool takes_back = message->type == kRelease || message->type == kDecline;
  if (mac && (message->type == kReply || takes_back)) add_claims(out, *message, *mac, takes_back);
}

}  // namespace gatewitness::dissect
