// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), Ed25519 (RFC 8032), hex and base64 (RFC 4648 section 4), by libsodium, as values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatewitness::evidence {

using Digest = std::array<uint8_t, 32>;
using PublicKey = std::array<uint8_t, 32>;
using Signature = std::array<uint8_t, 64>;

Digest sha256(std::string_view bytes);

// Lower case; the reading takes lower case only, so that there is one way to write a thing.
std::string to_hex(std::span<const uint8_t> bytes);
bool from_hex(std::string_view text, std::span<uint8_t> out);  // false: not exactly that many bytes in hex

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

// A gateway's own key, out of the 32 bytes that are kept of it.
class SigningKey {
 public:
  static constexpr std::size_t kSeedBytes = 32;
  explicit SigningKey(std::span<const uint8_t, kSeedBytes> seed);
  ~SigningKey();  // wiped
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;

  const PublicKey& public_key() const { return public_; }
  Signature sign(std::string_view bytes) const;

 private:
  PublicKey public_{};
  std::array<uint8_t, 64> secret_{};
};

bool is_signed(const PublicKey& key, std::string_view bytes, const Signature& signature);

}  // namespace gatewitness::evidence
