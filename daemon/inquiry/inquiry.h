// SPDX-License-Identifier: Apache-2.0
//
// A question from outside: what somebody says that our public address did. A value; made from flags or from
// an abuse report by the command, checked by whoever receives it, answered by testify().
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "probes/wire/ip.h"
#include "probes/wire/time.h"

namespace gatewitness {

struct Inquiry {
  std::optional<IpAddress> public_address;
  std::optional<uint16_t> port;
  std::optional<Timestamp> at;
  std::optional<IpAddress> destination;  // who received it
  std::optional<uint16_t> destination_port;
  std::string queue_id;  // the receiver's, in its final 250; "" if not known
  std::string helo;      // what the sender called itself
  // How far the clocks of the two sides may be apart.
  Duration skew = std::chrono::minutes(10);
};

inline constexpr Duration kMaxSkew = std::chrono::hours(48);

// As the control socket and --json have it (daemon/control/README.md). The error is one line that names the
// field.
nlohmann::json to_json(const Inquiry& inquiry);
std::expected<Inquiry, std::string> inquiry_from_json(const nlohmann::json& value);
// Whether there is enough to look for: nullopt, or a line that says what is missing.
std::optional<std::string> what_is_missing(const Inquiry& inquiry);

}  // namespace gatewitness
