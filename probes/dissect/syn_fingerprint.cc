// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/syn_fingerprint.h"

#include <string_view>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect {
namespace {

constexpr std::size_t kMaxLength = 128;
constexpr std::size_t kMaxOptions = 12;

// TCP option kinds (IANA): the ones that p0f names.
enum : uint8_t { kEnd = 0, kNop = 1, kMss = 2, kScale = 3, kSackOk = 4, kSack = 5, kTimestamp = 8 };

struct Options {
  std::string layout;
  unsigned mss = 0;
  unsigned scale = 0;
  bool zero_timestamp = false;
  bool malformed = false;
};

std::string_view option_name(uint8_t kind) {
  switch (kind) {
    case kMss:
      return "mss";
    case kScale:
      return "ws";
    case kSackOk:
      return "sok";
    case kSack:
      return "sack";
    case kTimestamp:
      return "ts";
    default:
      return "";
  }
}

void note_value(uint8_t kind, ByteReader value, Options& out) {
  if (kind == kMss) out.mss = value.u16();
  if (kind == kScale) out.scale = value.u8();
  if (kind == kTimestamp) out.zero_timestamp = value.u32() == 0;
  if (!value.ok()) out.malformed = true;
}

Options read_options(std::span<const uint8_t> bytes) {
  Options out;
  ByteReader in(bytes);
  const auto append = [&](std::string_view name) {
    out.layout.append(out.layout.empty() ? "" : ",").append(name);
  };
  for (std::size_t count = 0; in.left() > 0 && count < kMaxOptions; ++count) {
    const uint8_t kind = in.u8();
    if (kind == kEnd) {
      append("eol+" + std::to_string(in.left()));
      break;
    }
    if (kind == kNop) {
      append("nop");
      continue;
    }
    const uint8_t length = in.u8();
    if (!in.ok() || length < 2 || length - 2U > in.left()) {
      out.malformed = true;
      break;
    }
    note_value(kind, ByteReader(in.take(length - 2U)), out);
    const auto name = option_name(kind);
    append(name.empty() ? "?" + std::to_string(kind) : std::string(name));
  }
  return out;
}

unsigned initial_ttl(uint8_t ttl) {
  for (const unsigned start : {32U, 64U, 128U}) {
    if (ttl <= start) return start;
  }
  return 255;
}

// A window is often a multiple of the segment size, whatever path MTU made that size: the factor says more.
std::string window_text(unsigned window, unsigned mss) {
  if (mss != 0 && window != 0 && window % mss == 0) return "mss*" + std::to_string(window / mss);
  return std::to_string(window);
}

std::string quirks(const Packet& packet, const Options& options) {
  std::string out;
  const auto add = [&](bool is, std::string_view name) {
    if (is) out.append(out.empty() ? "" : ",").append(name);
  };
  add(packet.dont_fragment, "df");
  add(packet.tcp->has(TcpHeader::kEce) && packet.tcp->has(TcpHeader::kCwr), "ecn");
  add(packet.tcp->sequence == 0, "seq-");
  add(packet.tcp->acknowledgement != 0, "ack+");
  add(packet.tcp->has(TcpHeader::kUrg), "urgf+");
  add(packet.tcp->has(TcpHeader::kPsh), "pushf+");
  add(options.zero_timestamp, "ts1-");
  add(options.scale > 14, "exws");
  add(options.malformed, "bad");
  return out;
}

}  // namespace

std::string syn_fingerprint(const Packet& packet) {
  if (!packet.tcp || !packet.tcp->has(TcpHeader::kSyn) || packet.tcp->has(TcpHeader::kAck)) return "";
  const Options options = read_options(packet.tcp->options);
  std::string text = packet.source.is_v6() ? "6" : "4";
  text += ":" + std::to_string(initial_ttl(packet.ttl)) + ":" + std::to_string(options.mss);
  text += ":" + window_text(packet.tcp->window, options.mss) + "," + std::to_string(options.scale);
  text += ":" + options.layout + ":" + quirks(packet, options);
  if (text.size() > kMaxLength) text.resize(kMaxLength);
  return text;
}

}  // namespace gatewitness::dissect
