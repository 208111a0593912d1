// SPDX-License-Identifier: Apache-2.0
//
// DHCPv4 (RFC 2131, 2132; FQDN RFC 4702; long options RFC 3396; BOOTP RFC 951). The device of every finding
// is the client hardware address in the message: the frame of an answer is the server's, of a relayed
// question the relay's. A claim comes only from what is final: an acknowledgement gives, a release or a
// decline takes back. What a server repeats of a client's options is not the client's word and is not read.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "probes/dissect/bytes.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr uint32_t kMagicCookie = 0x63825363;

enum MessageType : uint8_t {
  kBootp = 0,
  kDiscover = 1,
  kRequest = 3,
  kDecline = 4,
  kAck = 5,
  kRelease = 7,
  kInform = 8
};

enum Option : uint8_t {
  kPad = 0,
  kHostName = 12,
  kRequestedAddress = 50,
  kLeaseTime = 51,
  kOverload = 52,
  kMessageType = 53,
  kParameterList = 55,
  kVendorClass = 60,
  kClientId = 61,
  kFqdn = 81,
  kEnd = 255,
};

// Parts of an option that came in several pieces, joined in their order (RFC 3396 section 7).
using Options = std::map<uint8_t, std::vector<uint8_t>>;

struct Message {
  bool reply = false;
  MacAddress client_mac;  // zero if the hardware is not Ethernet
  IpAddress client_address;
  IpAddress your_address;
  bool relayed = false;
  Options options;

  std::span<const uint8_t> option(uint8_t code) const {
    const auto found = options.find(code);
    if (found == options.end()) return {};
    return found->second;
  }
};

// False: the field breaks off inside an option. An end mark may be missing.
bool read_options(std::span<const uint8_t> field, Options& options) {
  ByteReader in(field);
  while (in.left() > 0) {
    const uint8_t code = in.u8();
    if (code == kPad) continue;
    if (code == kEnd) break;
    const auto value = in.take(in.u8());
    if (!in.ok()) break;
    auto& whole = options[code];
    whole.insert(whole.end(), value.begin(), value.end());
  }
  return in.ok();
}

IpAddress take_v4(ByteReader& in) {
  return IpAddress::from_bytes(in.take(4)).value_or(IpAddress());
}

MacAddress take_hardware_address(ByteReader& in, uint8_t type, uint8_t length) {
  constexpr uint8_t kEthernet = 1;
  constexpr uint8_t kIeee802 = 6;
  const auto field = in.take(16);
  MacAddress mac;
  if ((type == kEthernet || type == kIeee802) && length == mac.bytes.size() && field.size() == 16) {
    std::copy_n(field.begin(), mac.bytes.size(), mac.bytes.begin());
  }
  return mac;
}

// Options may go on in the file and server name fields (RFC 2132 section 9.3), in this order.
bool read_overloaded(Options& options, std::span<const uint8_t> file, std::span<const uint8_t> server_name) {
  const auto found = options.find(kOverload);
  if (found == options.end()) return true;
  if (found->second.size() != 1) return false;
  const uint8_t where = found->second.front();
  if (where == 0 || where > 3) return false;
  const bool file_ok = (where & 1) == 0 || read_options(file, options);
  return ((where & 2) == 0 || read_options(server_name, options)) && file_ok;
}

std::optional<Message> read_message(std::span<const uint8_t> payload, Findings& out) {
  ByteReader in(payload);
  Message message;
  const uint8_t operation = in.u8();
  const uint8_t hardware_type = in.u8();
  const uint8_t hardware_length = in.u8();
  in.skip(1 + 4 + 2 + 2);  // hops, transaction, seconds, flags
  message.client_address = take_v4(in);
  message.your_address = take_v4(in);
  in.skip(4);
  message.relayed = !take_v4(in).is_unspecified();
  message.client_mac = take_hardware_address(in, hardware_type, hardware_length);
  const auto server_name = in.take(64);
  const auto file = in.take(128);
  if (!in.ok() || operation < 1 || operation > 2) return std::nullopt;
  message.reply = operation == 2;
  // BOOTP's vendor field is whatever the vendor wants, DHCP's begins with the cookie.
  if (in.left() < 4 || in.u32() != kMagicCookie) return message;
  if (!read_options(in.rest(), message.options)) out.malformed = true;
  if (!read_overloaded(message.options, file, server_name)) out.malformed = true;
  return message;
}

// nullopt: the option is there and wrong.
std::optional<uint8_t> type_of(const Message& message) {
  const auto found = message.options.find(kMessageType);
  if (found == message.options.end()) return kBootp;
  if (found->second.size() != 1) return std::nullopt;
  return found->second.front();
}

std::string decimal_list(std::span<const uint8_t> numbers) {
  std::string list;
  for (const uint8_t number : numbers) {
    const std::string next = (list.empty() ? "" : ",") + std::to_string(number);
    if (list.size() + next.size() > wire::kMaxText) break;  // no number is cut in half
    list += next;
  }
  return list;
}

// Some clients send the C string's end with it.
std::string_view without_nul(std::string_view text) {
  while (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

// RFC 4702 section 2: flags, two obsolete codes, then labels without compression or (deprecated) ASCII.
std::string fqdn(std::span<const uint8_t> value, Findings& out) {
  constexpr uint8_t kWireFormat = 0x04;
  ByteReader in(value);
  const uint8_t flags = in.u8();
  in.skip(2);
  if ((flags & kWireFormat) == 0) {
    if (!in.ok()) out.malformed = true;
    auto text = without_nul(as_text(in.rest()));
    if (text.ends_with('.')) text.remove_suffix(1);
    return std::string(text);
  }
  return read_plain_name(in, out);
}

Speaker speaker_of(const Message& message, const Packet& packet) {
  Speaker speaker;
  speaker.mac = message.client_mac;
  if (is_device_address(message.client_address)) {
    speaker.address = message.client_address;
  } else if (!message.relayed && is_device_address(packet.source)) {
    speaker.address = packet.source;
  }
  return speaker;
}

void add_facts(Findings& out, const Message& message, const Packet& packet) {
  using enum wire::FactKind;
  const Speaker speaker = speaker_of(message, packet);
  add_fact(out, speaker, kDhcpHostName, without_nul(as_text(message.option(kHostName))));
  add_fact(out, speaker, kDhcpVendorClass, without_nul(as_text(message.option(kVendorClass))));
  add_fact(out, speaker, kDhcpParameters, decimal_list(message.option(kParameterList)));
  add_fact(out, speaker, kDhcpClientId, hex(message.option(kClientId)));
  if (message.options.contains(kFqdn)) add_fact(out, speaker, kDhcpFqdn, fqdn(message.option(kFqdn), out));
  const auto requested = IpAddress::from_bytes(message.option(kRequestedAddress));
  if (requested && requested->is_v4() && !requested->is_unspecified()) {
    add_fact(out, speaker, kDhcpRequestedAddress, to_string(*requested));
  }
}

void claim(Findings& out, const Message& message, const IpAddress& address, bool withdrawn) {
  constexpr uint32_t kForEver = 0xffffffffU;
  wire::AddressClaim claim;
  claim.mac = message.client_mac;
  claim.address = address;
  claim.source = wire::ClaimSource::kDhcp;
  claim.withdrawn = withdrawn;
  const auto lease = message.option(kLeaseTime);
  if (!withdrawn && lease.size() == 4) {
    const uint32_t seconds = ByteReader(lease).u32();
    if (seconds != kForEver) claim.lease_s = seconds;
  }
  add_claim(out, claim);
}

// Hardware without a MAC (InfiniBand and the like) is no fault, but there is nobody to claim for.
void add_claims(Findings& out, const Message& message, uint8_t type) {
  if (message.client_mac.is_zero()) return;
  const bool gives = message.reply && (type == kAck || type == kBootp);
  if (gives && !message.your_address.is_unspecified()) claim(out, message, message.your_address, false);
  if (message.reply) return;
  if (type == kRelease) claim(out, message, message.client_address, true);
  if (type == kDecline) {
    const auto refused = IpAddress::from_bytes(message.option(kRequestedAddress));
    if (!refused || !refused->is_v4()) {
      out.malformed = true;
      return;
    }
    claim(out, message, *refused, true);
  }
}

}  // namespace

void read_dhcp(const Packet& packet, Findings& out) {
  const auto message = read_message(packet.payload, out);
  const auto type = message ? type_of(*message) : std::nullopt;
  if (!type) {
    out.malformed = true;
    return;
  }
  if (!message->reply) add_facts(out, *message, packet);
  add_claims(out, *message, *type);
}

}  // namespace gatewitness::dissect
