// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_auth.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "probes/dissect/smtp_commands.h"

namespace gatewitness::dissect {
namespace {

// Login names come first in every mechanism; RFC 5321 allows a local part of 64 and a domain of 255 bytes.
constexpr std::size_t kDecodedBytes = 512;

std::optional<uint32_t> sextet(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0' + 52);
  if (c == '+' || c == '-') return 62U;
  if (c == '/' || c == '_') return 63U;
  return std::nullopt;
}

// A base64 text's first bytes, wiped at the end of its life.
class Decoded {
 public:
  explicit Decoded(std::string_view base64) {
    uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : base64) {
      const auto value = sextet(c);
      if (!value || size_ == bytes_.size()) break;
      bits = (bits << 6 | *value) & 0xFFFFFF;
      held += 6;
      if (held < 8) continue;
      held -= 8;
      bytes_[size_++] = static_cast<char>(bits >> held & 0xFF);
    }
  }
  ~Decoded() { sodium_memzero(bytes_.data(), bytes_.size()); }
  Decoded(const Decoded&) = delete;
  Decoded& operator=(const Decoded&) = delete;

  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kDecodedBytes> bytes_{};
  std::size_t size_ = 0;
};

// What follows key up to one of stops; empty if the key is not there.
std::string_view value_after(std::string_view text, std::string_view key, std::string_view stops) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  const auto value = text.substr(at + key.size());
  return value.substr(0, value.find_first_of(stops));
}

constexpr std::string_view kNul{"\0", 1};

// authzid NUL authcid NUL password. Without the second NUL this is no PLAIN message, and what follows the
// first may be the password. Some clients put the name into authzid and leave authcid empty.
std::string_view plain_name(std::string_view text) {
  const auto first = text.find('\0');
  if (first == std::string_view::npos) return {};
  const auto second = text.find('\0', first + 1);
  if (second == std::string_view::npos) return {};
  const auto name = text.substr(first + 1, second - first - 1);
  return name.empty() ? text.substr(0, first) : name;
}

std::string_view name_in(std::string_view mechanism, std::string_view text) {
  if (same_word(mechanism, "PLAIN")) return plain_name(text);
  if (same_word(mechanism, "LOGIN")) return text.substr(0, text.find(kNul));
  if (same_word(mechanism, "CRAM-MD5")) return text.substr(0, text.rfind(' '));
  if (same_word(mechanism, "XOAUTH2")) return value_after(text, "user=", "\x01");
  if (same_word(mechanism, "OAUTHBEARER")) return value_after(text, "a=", ",\x01");
  if (same_word(mechanism, "DIGEST-MD5")) return value_after(text, "username=\"", "\"");
  if (starts_with_word(mechanism, "SCRAM-")) return value_after(text, "n=", ",");
  return {};
}

}  // namespace

void find_login_name(std::string_view mechanism, unsigned step, std::string_view response,
                     const std::function<void(std::string_view)>& found) {
  if (step != 0) return;
  const Decoded decoded(trim(response));
  const auto name = name_in(mechanism, decoded.text());
  if (!name.empty()) found(name);
}

bool looks_like_auth_response(std::string_view line) {
  const auto text = trim(line);
  if (text == "*" || text == "=") return true;
  const auto end = text.find_last_not_of('=');
  return end != std::string_view::npos && text.size() - end <= 3 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1,
                     [](char c) { return sextet(c).has_value(); });
}

}  // namespace gatewitness::dissect
