// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/inquiry_flags.h"

#include <nlohmann/json.hpp>

#include "daemon/config/values.h"

namespace gatewitness::cli {

using nlohmann::json;

void InquiryFlags::add_to(process::Flags& flags) {
  flags.text("--public-address", public_address);
  flags.number("--port", {1, 65535}, port);
  flags.text("--at", at);
  flags.text("--destination", destination);
  flags.number("--destination-port", {1, 65535}, destination_port);
  flags.text("--queue-id", queue_id);
  flags.text("--helo", helo);
  flags.text("--skew", skew);
}

bool InquiryFlags::any() const {
  return !at.empty() || !queue_id.empty() || port != 0 || !destination.empty() || !helo.empty();
}

std::expected<Duration, std::string> InquiryFlags::skew_time() const {
  if (skew.empty()) return Inquiry{}.skew;
  const auto time = config::parse_duration(skew);
  if (time && *time <= kMaxSkew) return *time;
  return std::unexpected("--skew must be a time with its unit (s, m, h) up to 48h, such as 10m");
}

std::expected<Inquiry, std::string> InquiryFlags::inquiry(Duration how_far) const {
  json asked = {{"skew_s", std::chrono::duration_cast<std::chrono::seconds>(how_far).count()}};
  const auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) asked[key] = value;
  };
  text("public_address", public_address);
  text("at", at);
  text("destination", destination);
  text("queue_id", queue_id);
  text("helo", helo);
  if (port != 0) asked["port"] = port;
  if (destination_port != 0) asked["destination_port"] = destination_port;
  auto made = inquiry_from_json(asked);
  if (!made) return std::unexpected("--" + made.error());
  if (const auto missing = what_is_missing(*made)) return std::unexpected(*missing);
  return made;
}

Inquiry inquiry_of(const report::Claim& claim, Duration skew) {
  Inquiry inquiry;
  const auto unmapped = [](const std::optional<IpAddress>& address) {
    return address ? std::optional(address->unmapped()) : std::nullopt;
  };
  inquiry.public_address = unmapped(claim.public_address);
  inquiry.port = claim.public_port;
  inquiry.at = claim.time;
  inquiry.destination = unmapped(claim.destination);
  inquiry.destination_port = claim.destination_port;
  inquiry.queue_id = claim.queue_id;
  inquiry.helo = claim.helo;
  inquiry.skew = skew;
  return inquiry;
}

}  // namespace gatewitness::cli
