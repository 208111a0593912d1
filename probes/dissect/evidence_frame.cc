// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/evidence_frame.h"

#include <algorithm>
#include <array>
#include <functional>

#include "probes/dissect/bytes.h"
#include "probes/wire/text.h"

namespace gatewitness::dissect {
namespace {

// The longest headers: Ethernet with two tags and PPPoE 30, IPv6 with options 40 and more, TCP 60.
constexpr std::size_t kMaxKept = 192;
constexpr std::size_t kVerb = 4;

constexpr std::array<std::string_view, 13> kVerbs = {"EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT",
                                                     "AUTH", "STAR", "RSET", "QUIT", "NOOP", "VRFY"};

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool has_verb(std::string_view line, std::string_view verb) {
  return line.size() >= verb.size() &&
         std::equal(verb.begin(), verb.end(), line.begin(), [](char a, char b) { return a == upper(b); });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

uint16_t dlt_of(LinkType link) {
  switch (link) {
    case LinkType::kEthernet:
      return 1;
    case LinkType::kLinuxSll:
      return 113;
    case LinkType::kLinuxSll2:
      return 276;
    case LinkType::kRawIp:
      return 101;
    case LinkType::kNull:
      return 0;
    case LinkType::kPpp:
      return 9;
    case LinkType::kPppoe:
      return 51;
  }
  return 1;
}

std::size_t proof_length(std::string_view payload, bool from_client) {
  if (payload.size() < kVerb) return 0;
  if (!from_client) {
    const bool reply = payload[0] >= '2' && payload[0] <= '5' && is_digit(payload[1]) && is_digit(payload[2]);
    return reply && (payload[3] == ' ' || payload[3] == '-' || payload[3] == '\r') ? kVerb : 0;
  }
  const bool known = std::any_of(kVerbs.begin(), kVerbs.end(),
                                 [&](std::string_view verb) { return has_verb(payload, verb); });
  if (!known) return 0;
  const char next = payload.size() > kVerb ? payload[kVerb] : '\r';
  return next == ' ' || next == '\r' || next == '\n' || has_verb(payload, "STARTTLS") ? kVerb : 0;
}

bool opens_content(std::string_view payload) {
  static constexpr std::array<std::string_view, 4> kOpen = {"DATA", "BDAT", "AUTH", "STARTTLS"};
  for (std::size_t line = 0; line < payload.size();) {
    for (const auto verb : kOpen)
      if (has_verb(payload.substr(line), verb)) return true;
    const auto end = payload.find('\n', line);
    if (end == payload.npos) break;
    line = end + 1;
  }
  return false;
}

std::optional<std::string> evidence_of(const Packet& packet, std::span<const uint8_t> frame, bool from_client,
                                       bool keep_words) {
  if (!packet.tcp) return std::nullopt;
  const uint8_t* const begin = frame.data();
  const uint8_t* const end = begin + frame.size();
  const uint8_t* const payload = packet.payload.data();
  // A pointer into another buffer is compared by address only.
  const std::less_equal<const uint8_t*> at_most;
  if (payload == nullptr || !at_most(begin, payload) || !at_most(payload, end)) return std::nullopt;
  const std::size_t words =
      keep_words || !from_client ? proof_length(as_text(packet.payload), from_client) : 0;
  const bool turns = packet.tcp->has(TcpHeader::kSyn) || packet.tcp->has(TcpHeader::kFin) ||
                     packet.tcp->has(TcpHeader::kRst);
  if (words == 0 && !turns) return std::nullopt;
  const auto headers = static_cast<std::size_t>(payload - begin);
  if (headers > kMaxKept) return std::nullopt;
  return std::string(begin, begin + headers + words);
}

}  // namespace gatewitness::dissect
