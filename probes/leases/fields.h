// SPDX-License-Identifier: Apache-2.0
//
// A line cut at its blanks, and what single fields may hold: a name, a number, a time, an identity in hex.
// Shared by this folder's readers. Texts that are out of bounds are no texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/wire/mac.h"
#include "probes/wire/time.h"

namespace gatewitness::leases {

// The line's fields in order; what is beyond kMost counts, but is not kept. Views into the line.
class Fields {
 public:
  static constexpr std::size_t kMost = 24;

  explicit Fields(std::string_view line);
  std::size_t size() const { return size_; }
  // "" beyond the last one.
  std::string_view operator[](std::size_t i) const { return i < kMost ? fields_[i] : std::string_view(); }

 private:
  std::array<std::string_view, kMost> fields_{};
  std::size_t size_ = 0;
};

// Decimal digits, nothing else; at most 18 of them.
std::optional<uint64_t> number_of(std::string_view text);
// Seconds since 1970 as a point in time. None for 0 ("for ever") and for what lies before the year 2000: a
// server whose clock was not set then, or that writes how long a lease is good for (dnsmasq's
// HAVE_BROKEN_RTC).
std::optional<Timestamp> end_of(uint64_t seconds);
// As a host name: at most kMaxText bytes; "" for what stands for none ("*", "-").
std::string name_of(std::string_view text);
// Hex digits, in pairs that ':' may separate: lower case, without separators, at most kMaxText of them. "" if
// it is anything else.
std::string hex_of(std::string_view text);
// The MAC in a DHCP unique identifier of hex digits (RFC 8415 section 11): types DUID-LLT and DUID-LL have
// one. It is that of one interface of the device, which need not be the one that it uses.
std::optional<MacAddress> mac_of_duid(std::string_view hex);
// Twelve hex digits without separators.
std::optional<MacAddress> mac_of_digits(std::string_view hex);

}  // namespace gatewitness::leases
