// SPDX-License-Identifier: Apache-2.0
//
// Commands that a button on the phone posts to a topic which the gateway reads: signed (HMAC-SHA-256),
// expiring, good once. PURE: the key, the time and the nonce are arguments; which nonces were used is for the
// caller to remember.
//
//   gw1.<key id>.<payload>.<mac>      base64url without padding; mac over all before it
//   payload: {"a": action, "c": channel, "i": incident, "f": seconds, "n": nonce, "x": expiry}
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "probes/wire/time.h"

namespace gatewitness::alert {

using ButtonKey = std::array<uint8_t, 32>;

struct ButtonCommand {
  std::string action;    // "mute" or "block"
  std::string channel;   // whose button it is
  std::string incident;  // id
  uint64_t for_s = 0;
  std::string nonce;  // 16 characters
  Timestamp expires;  // whole seconds
  bool operator==(const ButtonCommand&) const = default;
};

// Why a text is no command for us. Foreign: not one of ours, or of another gateway or channel.
enum class Refusal : uint8_t { kForeign, kForged, kExpired, kReplayed };
inline constexpr const char* kRefusals[] = {"foreign", "forged", "expired", "replayed"};

std::string sign(const ButtonKey& key, const ButtonCommand& command);
// Never kReplayed. At most kMaxToken bytes are looked at.
std::expected<ButtonCommand, Refusal> verify(const ButtonKey& key, std::string_view token,
                                             std::string_view channel, Timestamp now);
// The same for the same alert, however often it is sent: a repeated try gives no second use.
std::string nonce_of(const ButtonKey& key, std::string_view incident, uint64_t revision,
                     std::string_view action, std::string_view channel);

std::string base64url(std::span<const uint8_t> bytes);
std::expected<std::string, std::string> from_base64url(std::string_view text, std::size_t max_bytes);

inline constexpr std::size_t kMaxToken = 1024;
inline constexpr Duration kButtonLife = std::chrono::hours(48);
inline constexpr uint64_t kMuteFor_s = 86'400;
inline constexpr uint64_t kBlockFor_s = 86'400;

}  // namespace gatewitness::alert
