// SPDX-License-Identifier: Apache-2.0
//
// Web Push: a message that only the browser can read (RFC 8291 over RFC 8188's aes128gcm), and the server's
// proof of who it is (VAPID, RFC 8292). PURE: random bytes are arguments (OpenSSL's signature takes its own).
// P-256 from OpenSSL: libsodium has no such curve. Compiled where OpenSSL is.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "probes/wire/time.h"

namespace gatewitness::alert {

// What the browser gave: where to post to, its public key (65 bytes), its secret (16 bytes).
struct Subscription {
  std::string endpoint;
  std::string p256dh;
  std::string auth;
};
// {"endpoint": "https://...", "keys": {"p256dh": base64url, "auth": base64url}}; the error shows none of it.
std::expected<Subscription, std::string> parse_subscription(std::string_view text);

using P256Scalar = std::array<uint8_t, 32>;

// The point of a private key, uncompressed: 65 bytes. An error for a scalar that is none (0, or too large).
std::expected<std::string, std::string> public_key_of(const P256Scalar& private_key);

// header || ciphertext, one record. plaintext: at most kMaxPlaintext bytes.
std::expected<std::string, std::string> encrypt(const Subscription& subscription, std::string_view plaintext,
                                                const P256Scalar& ephemeral,
                                                std::span<const uint8_t, 16> salt);

// The value of Authorization: "vapid t=<JWT>, k=<public key>". audience: the endpoint's origin; contact:
// mailto: or https:, or "".
std::expected<std::string, std::string> vapid(const P256Scalar& private_key, std::string_view audience,
                                              std::string_view contact, Timestamp expires);
// header.claims of that JWT, which is what is signed.
std::string jwt_input(std::string_view audience, std::string_view contact, Timestamp expires);

inline constexpr std::size_t kMaxPlaintext = 3993;
inline constexpr uint32_t kRecordSize = 4096;

}  // namespace gatewitness::alert
