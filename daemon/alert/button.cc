// SPDX-License-Identifier: Apache-2.0
#include "daemon/alert/button.h"

#include <sodium.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "probes/wire/json_text.h"

namespace gatewitness::alert {
namespace {

using nlohmann::json;
using Mac = std::array<uint8_t, crypto_auth_hmacsha256_BYTES>;

Mac mac_of(const ButtonKey& key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  Mac mac;
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

std::string first_of(const Mac& mac, std::size_t bytes) {
  return base64url(std::span(mac).first(bytes));
}

// Tells our key from another gateway's, and nothing about it.
std::string key_id(const ButtonKey& key) {
  return first_of(mac_of(key, "gatewitness button key id"), 6);
}

std::string text_of(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

uint64_t number_of(const json& value, const char* key) {
  const auto found = value.find(key);
  return found != value.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

constexpr std::string_view kPrefix = "gw1.";

}  // namespace

std::string base64url(std::span<const uint8_t> bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();  // its terminating zero
  return text;
}

std::expected<std::string, std::string> from_base64url(std::string_view text, std::size_t max_bytes) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes(max_bytes, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size(), text.data(), text.size(),
                        nullptr, &size, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return std::unexpected("is not base64url");
  bytes.resize(size);
  return bytes;
}

std::string sign(const ButtonKey& key, const ButtonCommand& command) {
  const int64_t expires =
      std::chrono::floor<std::chrono::seconds>(command.expires).time_since_epoch().count();
  const json payload = {{"a", command.action},   {"c", command.channel},
                        {"i", command.incident}, {"f", command.for_s},
                        {"n", command.nonce},    {"x", static_cast<uint64_t>(std::max<int64_t>(0, expires))}};
  const std::string text = payload.dump(-1, ' ', true, json::error_handler_t::replace);
  const std::string head = std::string(kPrefix) + key_id(key) + "." +
                           base64url({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return head + "." + base64url(mac_of(key, head));
}

std::expected<ButtonCommand, Refusal> verify(const ButtonKey& key, std::string_view token,
                                             std::string_view channel, Timestamp now) {
  if (token.size() > kMaxToken || !token.starts_with(std::string(kPrefix) + key_id(key) + "."))
    return std::unexpected(Refusal::kForeign);
  const std::size_t dot = token.rfind('.');
  const std::size_t begin = kPrefix.size() + key_id(key).size() + 1;
  const auto mac = from_base64url(token.substr(dot + 1), 64);
  const Mac wanted = mac_of(key, token.substr(0, dot));
  if (dot < begin || !mac || mac->size() != wanted.size() ||
      sodium_memcmp(mac->data(), wanted.data(), wanted.size()) != 0)
    return std::unexpected(Refusal::kForged);
  // Ours from here on; what does not read was made by another version.
  const auto text = from_base64url(token.substr(begin, dot - begin), kMaxToken);
  const json payload = text ? read_json(*text) : json();
  if (!payload.is_object()) return std::unexpected(Refusal::kForeign);
  ButtonCommand command{
      text_of(payload, "a"),
      text_of(payload, "c"),
      text_of(payload, "i"),
      number_of(payload, "f"),
      text_of(payload, "n"),
      Timestamp(std::chrono::seconds(std::min<uint64_t>(number_of(payload, "x"), 1ULL << 40)))};
  if ((command.action != "mute" && command.action != "block") || command.channel != channel)
    return std::unexpected(Refusal::kForeign);
  if (command.expires <= now) return std::unexpected(Refusal::kExpired);
  return command;
}

std::string nonce_of(const ButtonKey& key, std::string_view incident, uint64_t revision,
                     std::string_view action, std::string_view channel) {
  const json parts = {"nonce", incident, revision, action, channel};
  return first_of(mac_of(key, parts.dump(-1, ' ', true, json::error_handler_t::replace)), 12);
}

}  // namespace gatewitness::alert
