// SPDX-License-Identifier: Apache-2.0
//
// IPv6 neighbour discovery (RFC 4861): solicitations and advertisements that carry a link-layer address. What
// must be true of a message before it may be believed (sections 6.1 and 7.1) is checked here. A solicitation
// from :: asks whether a tentative address is free (duplicate address detection, RFC 4862 section 5.4.2): it
// claims nothing, the address may turn out to be somebody else's; the device's first real message or
// advertisement claims it.
#include <optional>

#include "probes/dissect/bytes.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr uint8_t kRouterSolicitation = 133;
constexpr uint8_t kRouterAdvertisement = 134;
constexpr uint8_t kNeighbourSolicitation = 135;
constexpr uint8_t kNeighbourAdvertisement = 136;

constexpr uint8_t kSourceLinkLayer = 1;
constexpr uint8_t kTargetLinkLayer = 2;

struct Options {
  bool ok = true;
  std::optional<MacAddress> source;
  std::optional<MacAddress> target;
};

MacAddress to_mac(std::span<const uint8_t> six) {
  MacAddress mac;
  std::copy_n(six.begin(), mac.bytes.size(), mac.bytes.begin());
  return mac;
}

// Section 4.6: lengths count units of eight bytes; one of zero would never end.
Options read_options(ByteReader& in) {
  Options options;
  while (in.left() > 0) {
    const uint8_t type = in.u8();
    const uint8_t units = in.u8();
    if (units == 0) in.fail();
    const auto body = in.take(units * std::size_t{8} - 2);
    if (!in.ok()) break;
    if (units != 1) continue;  // a link-layer address longer than a MAC is not one of ours
    if (type == kSourceLinkLayer) options.source = to_mac(body);
    if (type == kTargetLinkLayer) options.target = to_mac(body);
  }
  options.ok = in.ok();
  return options;
}

void claim(Findings& out, const IpAddress& address, const std::optional<MacAddress>& mac, bool is_router) {
  if (!mac) return;
  wire::AddressClaim claim;
  claim.mac = *mac;
  claim.address = address;
  claim.source = wire::ClaimSource::kNd;
  claim.is_router = is_router;
  add_claim(out, claim);
}

std::optional<MacAddress> frame_mac(const Packet& packet) {
  if (!packet.has_macs) return std::nullopt;
  return packet.source_mac;
}

void read_solicitation(const Packet& packet, ByteReader in, Findings& out) {
  in.skip(4);
  if (packet.icmp_type == kNeighbourSolicitation) {
    const auto target = IpAddress::from_bytes(in.take(16));
    if (!target || target->is_multicast()) in.fail();
  }
  const Options options = read_options(in);
  const bool nobody = packet.source.is_unspecified();
  if (!options.ok || (nobody && options.source)) {
    out.malformed = true;
    return;
  }
  if (!nobody) claim(out, packet.source, options.source, false);
}

void read_router_advertisement(const Packet& packet, ByteReader in, Findings& out) {
  in.skip(12);
  const Options options = read_options(in);
  if (!options.ok || !packet.source.is_link_local()) {
    out.malformed = true;
    return;
  }
  claim(out, packet.source, options.source ? options.source : frame_mac(packet), true);
}

// Without its option an advertisement still says that the sender of the frame has the address, if it speaks
// for its own one; for another's (a proxy) it says nothing.
void read_neighbour_advertisement(const Packet& packet, ByteReader in, Findings& out) {
  constexpr uint32_t kRouter = 0x80000000U;
  constexpr uint32_t kSolicited = 0x40000000U;
  const uint32_t flags = in.u32();
  const auto target = IpAddress::from_bytes(in.take(16));
  const Options options = read_options(in);
  const bool solicited_by_all = (flags & kSolicited) != 0 && packet.destination.is_multicast();
  if (!options.ok || !target || target->is_multicast() || solicited_by_all) {
    out.malformed = true;
    return;
  }
  const auto own = *target == packet.source ? frame_mac(packet) : std::nullopt;
  claim(out, *target, options.target ? options.target : own, (flags & kRouter) != 0);
}

}  // namespace

void read_neighbour_discovery(const Packet& packet, Findings& out) {
  // A hop limit below 255 means that it came through a router: from no neighbour, whatever it says.
  if (packet.ttl != 255 || packet.icmp_code != 0 || !packet.source.is_v6()) {
    out.malformed = true;
    return;
  }
  const ByteReader in(packet.payload);
  switch (packet.icmp_type) {
    case kRouterSolicitation:
    case kNeighbourSolicitation:
      return read_solicitation(packet, in, out);
    case kRouterAdvertisement:
      return read_router_advertisement(packet, in, out);
    case kNeighbourAdvertisement:
      return read_neighbour_advertisement(packet, in, out);
    default:
      return;
  }
}

}  // namespace gatewitness::dissect
