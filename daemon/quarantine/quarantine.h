// SPDX-License-Identifier: Apache-2.0
//
// One quarantine as a value, and as the one line of text that the guard's requests, its replies and its state
// file share:
//
//     TARGET SCOPE END LENGTH CAUSE [ADDRESS...]
//     8c:79:f5:10:00:01 mail 1790000000000000 86400 automatic:12 192.168.1.23 2001:db8:1::23
//
// TARGET is a MAC, or `gateway`; END microseconds of UTC since 1970; LENGTH seconds that it was made for;
// CAUSE `owner`, `owner:N` or `automatic:N`, N an incident. Fields are parted by one blank. Values in, values
// out; used by the guard and by the daemon.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/wire/ip.h"
#include "probes/wire/mac.h"
#include "probes/wire/time.h"

namespace gatewitness::quarantine {

inline constexpr std::chrono::seconds kShortest{1};
inline constexpr std::chrono::seconds kLongest{std::chrono::hours(24 * 365)};
inline constexpr std::size_t kMaxAddresses = 32;    // of one target
inline constexpr std::size_t kMaxQuarantines = 64;  // at once, whatever is configured
// A target, five numbers and words, and 32 addresses of 45 bytes fit.
inline constexpr std::size_t kMaxLine = 2048;

// Whose traffic: a device on the LAN, or what the gateway itself sends.
struct Target {
  std::optional<MacAddress> mac;  // nothing: the gateway

  bool is_gateway() const { return !mac.has_value(); }
  // `gateway`, or the MAC of one device: neither zero nor a group's.
  static std::optional<Target> parse(std::string_view text);
  auto operator<=>(const Target&) const = default;
};
std::string to_string(const Target& target);

enum class Scope : uint8_t { kMail, kAll };
std::optional<Scope> parse_scope(std::string_view text);
std::string_view to_string(Scope scope);

// Who wanted it, and for which incident (0: none).
struct Cause {
  bool automatic = false;
  uint64_t incident = 0;

  static std::optional<Cause> parse(std::string_view text);
  auto operator<=>(const Cause&) const = default;
};
std::string to_string(const Cause& cause);

struct Quarantine {
  Target target;
  Scope scope = Scope::kMail;
  Timestamp end;
  std::chrono::seconds length{0};
  Cause cause;
  std::vector<IpAddress> addresses;  // of the target, each once; at most kMaxAddresses

  bool operator==(const Quarantine&) const = default;
};
// Without a line break.
std::string to_line(const Quarantine& quarantine);
// The error says which field is wrong and what it must be.
std::expected<Quarantine, std::string> parse_line(std::string_view line);

// Fields of a line: parted by one blank, none empty; nothing if that is not so, or there are more than
// kMaxAddresses + 8.
std::optional<std::vector<std::string_view>> split_fields(std::string_view line);
// All of the fields from that one on, each an address that one host can have. IPv4 in IPv6 becomes IPv4.
std::expected<std::vector<IpAddress>, std::string> parse_addresses(
    const std::vector<std::string_view>& fields, std::size_t from);
// kShortest to kLongest, as a whole number of seconds.
std::expected<std::chrono::seconds, std::string> parse_length(std::string_view text);

}  // namespace gatewitness::quarantine
