// SPDX-License-Identifier: Apache-2.0
//
// DNS questions for mail exchangers (RFC 1035, over UDP and TCP): a device that asks for them means to
// deliver mail itself. Only questions count; what follows them (EDNS, RFC 6891) is not looked at.
#include <algorithm>
#include <iterator>

#include "probes/dissect/dns_clouds.h"
#include "probes/dissect/dns_message.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr uint16_t kMaxQuestions = 4;  // more than one is not seen in the wild

bool asks_for_mx(const DnsQuestion& question) {
  return question.type == kDnsTypeMx && (question.klass == kDnsClassIn || question.klass == kDnsClassAny);
}

// A and AAAA (RFC 1035, 3596), and what browsers and phones ask beside them (RFC 9460).
bool asks_for_an_address(const DnsQuestion& question) {
  constexpr uint16_t kA = 1, kAaaa = 28, kHttps = 65;
  return (question.type == kA || question.type == kAaaa || question.type == kHttps) &&
         question.klass == kDnsClassIn;
}

void read_query(const Packet& packet, std::span<const uint8_t> message, Findings& out) {
  constexpr uint8_t kStandardQuery = 0;
  DnsReader reader(message);
  const auto header = reader.header();
  if (header && (header->response || header->opcode != kStandardQuery)) return;
  const uint16_t questions = header ? header->questions : 0;
  if (questions > kMaxQuestions) ++out.over_limit;
  for (uint16_t i = 0; i < std::min(questions, kMaxQuestions); ++i) {
    const auto question = reader.question();
    if (!question) break;
    // Resolvers mix the case of what they ask (draft-vixie-dnsext-dns0x20): it is one name.
    if (asks_for_mx(*question))
      add_mx_query(out, frame_speaker(packet), ascii_lower(to_text(question->name)));
    else if (asks_for_an_address(*question))
      add_fact(out, frame_speaker(packet), wire::FactKind::kDnsCloud,
               cloud_of(ascii_lower(to_text(question->name))));
  }
  if (!reader.ok()) out.malformed = true;
}

// Each message has its length before it (section 4.2.2). Only whole messages of one segment are read: a
// question fits into one, and what does not begin with a length that fits is the middle of something else.
void read_stream(const Packet& packet, Findings& out) {
  constexpr std::size_t kHeaderBytes = 12;
  ByteReader in(packet.payload);
  while (in.left() > 2) {
    const uint16_t length = in.u16();
    if (length < kHeaderBytes || length > in.left()) return;
    read_query(packet, in.take(length), out);
  }
}

}  // namespace

void read_dns(const Packet& packet, Findings& out) {
  if (packet.protocol != kProtocolTcp) return read_query(packet, packet.payload, out);
  Findings stream;
  read_stream(packet, stream);
  // What looks malformed may well be the middle of a longer message; then its counts mean nothing either.
  if (!stream.malformed) out.over_limit += stream.over_limit;
  std::ranges::move(stream.facts, std::back_inserter(out.facts));
  std::ranges::move(stream.mx_queries, std::back_inserter(out.mx_queries));
}

}  // namespace gatewitness::dissect
