// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/findings.h"

#include <algorithm>

namespace gatewitness::dissect {

bool is_device_mac(const MacAddress& mac) {
  return !mac.is_zero() && !mac.is_multicast();
}

bool is_device_address(const IpAddress& address) {
  return !address.is_unspecified() && !address.is_multicast() && !address.is_loopback();
}

void add_claim(Findings& out, const wire::AddressClaim& claim) {
  if (!is_device_mac(claim.mac) || !is_device_address(claim.address)) {
    out.malformed = true;
  } else if (out.claims.size() >= kMaxClaimsPerPacket) {
    ++out.over_limit;
  } else {
    out.claims.push_back(claim);
  }
}

Speaker frame_speaker(const Packet& packet) {
  Speaker speaker;
  if (packet.has_macs) speaker.mac = packet.source_mac;
  if (packet.is_ip && is_device_address(packet.source)) speaker.address = packet.source;
  return speaker;
}

void add_fact(Findings& out, const Speaker& speaker, wire::FactKind kind, std::string_view value) {
  value = value.substr(0, wire::kMaxText);
  const bool anonymous = speaker.mac.is_zero() && !speaker.address;
  if (value.empty() || anonymous) return;
  if (speaker.mac.is_multicast()) {
    out.malformed = true;
    return;
  }
  const auto same = [&](const wire::IdentityFact& fact) { return fact.kind == kind && fact.value == value; };
  if (std::ranges::any_of(out.facts, same)) return;
  if (out.facts.size() >= kMaxFactsPerPacket) {
    ++out.over_limit;
    return;
  }
  wire::IdentityFact fact;
  fact.mac = speaker.mac;
  fact.address = speaker.address;
  fact.kind = kind;
  fact.value = value;
  out.facts.push_back(std::move(fact));
}

void add_mx_query(Findings& out, const Speaker& speaker, std::string_view name) {
  if (name.empty()) return;  // the root has no mail
  if (!speaker.address || speaker.mac.is_multicast()) {
    out.malformed = true;
    return;
  }
  if (out.mx_queries.size() >= kMaxMxQueriesPerPacket) {
    ++out.over_limit;
    return;
  }
  wire::MxQuery query;
  query.mac = speaker.mac;
  query.address = *speaker.address;
  query.name = name.substr(0, wire::kMaxEhlo);
  out.mx_queries.push_back(std::move(query));
}

std::string hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes.first(std::min(bytes.size(), wire::kMaxText / 2))) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0f];
  }
  return text;
}

std::string read_plain_name(ByteReader& in, Findings& out) {
  std::string name;
  while (in.left() > 0) {
    const uint8_t length = in.u8();
    if (length == 0) break;
    if (length > 63) in.fail();
    const auto label = as_text(in.take(length));
    if (!in.ok() || name.size() + label.size() >= wire::kMaxEhlo) break;
    if (!name.empty()) name += '.';
    name += label;
  }
  if (!in.ok()) out.malformed = true;
  return name;
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace gatewitness::dissect
