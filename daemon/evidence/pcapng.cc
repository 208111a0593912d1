// SPDX-License-Identifier: Apache-2.0
#include "daemon/evidence/pcapng.h"

#include <algorithm>
#include <utility>

namespace gatewitness::evidence {
namespace {

constexpr uint32_t kSection = 0x0A0D0D0A, kInterface = 1, kEnhancedPacket = 6;
constexpr uint32_t kByteOrder = 0x1A2B3C4D;
constexpr uint16_t kOptionName = 2;  // if_name
constexpr std::size_t kLeast = 12;   // of a block: type and twice its length

void put16(std::string& out, uint16_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8);
}
void put32(std::string& out, uint32_t value) {
  put16(out, static_cast<uint16_t>(value & 0xffff));
  put16(out, static_cast<uint16_t>(value >> 16));
}
void pad(std::string& out) {
  while (out.size() % 4 != 0) out += '\0';
}

void put_block(std::string& out, uint32_t type, std::string body) {
  pad(body);
  const auto length = static_cast<uint32_t>(body.size() + kLeast);
  put32(out, type);
  put32(out, length);
  out += body;
  put32(out, length);
}

std::string section() {
  std::string body;
  put32(body, kByteOrder);
  put16(body, 1);
  put16(body, 0);
  put32(body, 0xffffffff);  // its length is not said
  put32(body, 0xffffffff);
  return body;
}

std::string interface_block(uint16_t link, const std::string& name) {
  std::string body;
  put16(body, link);
  put16(body, 0);
  put32(body, 0);  // no snap length of its own
  if (!name.empty()) {
    put16(body, kOptionName);
    put16(body, static_cast<uint16_t>(name.size()));
    body += name;
    pad(body);
    put32(body, 0);  // end of options
  }
  return body;
}

std::string packet(uint32_t interface, const TimedFrame& timed) {
  const auto ticks = static_cast<uint64_t>(std::max<int64_t>(timed.time.time_since_epoch().count(), 0));
  const auto captured = static_cast<uint32_t>(timed.frame.bytes.size());
  std::string body;
  put32(body, interface);
  put32(body, static_cast<uint32_t>(ticks >> 32));
  put32(body, static_cast<uint32_t>(ticks & 0xffffffff));
  put32(body, captured);
  put32(body, std::max(captured, timed.frame.length));
  return body + timed.frame.bytes;
}

uint32_t get32(std::string_view bytes, std::size_t at) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i)
    value |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return value;
}

}  // namespace

std::string to_pcapng(const std::vector<TimedFrame>& frames) {
  std::string out;
  put_block(out, kSection, section());
  std::vector<std::pair<std::string, uint16_t>> interfaces;
  for (const auto& timed : frames) {
    const std::pair key(timed.frame.interface, timed.frame.link);
    if (std::find(interfaces.begin(), interfaces.end(), key) != interfaces.end()) continue;
    interfaces.push_back(key);
    put_block(out, kInterface, interface_block(key.second, key.first));
  }
  for (const auto& timed : frames) {
    const std::pair key(timed.frame.interface, timed.frame.link);
    const auto number = std::find(interfaces.begin(), interfaces.end(), key) - interfaces.begin();
    put_block(out, kEnhancedPacket, packet(static_cast<uint32_t>(number), timed));
  }
  return out;
}

std::optional<std::size_t> count_frames(std::string_view pcapng) {
  std::size_t frames = 0, at = 0;
  while (at < pcapng.size()) {
    if (pcapng.size() - at < kLeast) return std::nullopt;
    const uint32_t type = get32(pcapng, at);
    const std::size_t length = get32(pcapng, at + 4);
    if (length < kLeast || length % 4 != 0 || length > pcapng.size() - at) return std::nullopt;
    if (get32(pcapng, at + length - 4) != length) return std::nullopt;
    if (at == 0 && (type != kSection || length < kLeast + 16 || get32(pcapng, 8) != kByteOrder))
      return std::nullopt;
    frames += type == kEnhancedPacket ? 1 : 0;
    at += length;
  }
  return at == 0 ? std::nullopt : std::optional(frames);
}

}  // namespace gatewitness::evidence
