// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/inquiry.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "probes/wire/text.h"
#include "probes/wire/utf8.h"

namespace gatewitness {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxQueueId = 128;
constexpr std::size_t kMaxHelo = 255;

// Reads one field after the other; the first fault latches.
class Reader {
 public:
  explicit Reader(const json& value) : value_(value) {}

  void address(const char* key, std::optional<IpAddress>& into) {
    const auto text = string(key, 64);
    if (!text) return;
    into = IpAddress::parse(*text);
    if (into) into = into->unmapped();
    if (!into) fail(key, "must be an IPv4 or IPv6 address");
  }
  void port(const char* key, std::optional<uint16_t>& into) {
    const auto found = value_.find(key);
    if (absent(found)) return;
    if (!found->is_number_integer() || *found < 1 || *found > 65535)
      return fail(key, "must be a port from 1 to 65535");
    into = found->get<uint16_t>();
  }
  void time(const char* key, std::optional<Timestamp>& into) {
    const auto text = string(key, 64);
    if (!text) return;
    const auto parsed = parse_timestamp(*text);
    if (!parsed) return fail(key, "must be a time such as 2026-11-24T12:03:11Z: it " + parsed.error());
    into = *parsed;
  }
  void text(const char* key, std::string& into, std::size_t most) {
    if (auto text = string(key, most)) into = std::move(*text);
  }
  void seconds(const char* key, Duration& into) {
    const auto found = value_.find(key);
    if (absent(found)) return;
    const auto most = std::chrono::duration_cast<std::chrono::seconds>(kMaxSkew).count();
    if (!found->is_number_integer() || *found < 0 || *found > most)
      return fail(key, "must be a whole number of seconds from 0 to " + std::to_string(most));
    into = std::chrono::seconds(found->get<int64_t>());
  }
  const std::string& fault() const { return fault_; }

 private:
  bool absent(const json::const_iterator& found) const { return found == value_.end() || found->is_null(); }
  std::optional<std::string> string(const char* key, std::size_t most) {
    const auto found = value_.find(key);
    if (absent(found)) return std::nullopt;
    if (found->is_string() && found->get_ref<const std::string&>().size() <= most)
      return found->get<std::string>();
    fail(key, "must be text of at most " + std::to_string(most) + " bytes");
    return std::nullopt;
  }
  void fail(const char* key, const std::string& text) {
    if (fault_.empty()) fault_ = std::string(key) + " " + text;
  }

  const json& value_;
  std::string fault_;
};

}  // namespace

json to_json(const Inquiry& inquiry) {
  const auto text = [](const auto& value) { return value ? json(to_string(*value)) : json(nullptr); };
  const auto number = [](const auto& value) { return value ? json(*value) : json(nullptr); };
  const auto words = [](const std::string& value) {
    return value.empty() ? json(nullptr) : json(repaired_utf8(value));
  };
  return {{"public_address", text(inquiry.public_address)},
          {"port", number(inquiry.port)},
          {"at", text(inquiry.at)},
          {"destination", text(inquiry.destination)},
          {"destination_port", number(inquiry.destination_port)},
          {"queue_id", words(inquiry.queue_id)},
          {"helo", words(inquiry.helo)},
          {"skew_s", std::chrono::duration_cast<std::chrono::seconds>(inquiry.skew).count()}};
}

std::expected<Inquiry, std::string> inquiry_from_json(const json& value) {
  if (!value.is_object()) return std::unexpected("the inquiry must be an object");
  Inquiry inquiry;
  Reader reader(value);
  reader.address("public_address", inquiry.public_address);
  reader.port("port", inquiry.port);
  reader.time("at", inquiry.at);
  reader.address("destination", inquiry.destination);
  reader.port("destination_port", inquiry.destination_port);
  reader.text("queue_id", inquiry.queue_id, kMaxQueueId);
  reader.text("helo", inquiry.helo, kMaxHelo);
  reader.seconds("skew_s", inquiry.skew);
  if (!reader.fault().empty()) return std::unexpected(reader.fault());
  return inquiry;
}

std::optional<std::string> what_is_missing(const Inquiry& inquiry) {
  if (!inquiry.queue_id.empty()) return std::nullopt;
  if (!inquiry.at) return "a time is needed, or the receiver's queue id";
  if (!inquiry.public_address && !inquiry.port && !inquiry.destination)
    return "a time alone is not enough: the public address, its port, or who received the mail is needed";
  return std::nullopt;
}

}  // namespace gatewitness
