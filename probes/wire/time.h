// SPDX-License-Identifier: Apache-2.0
//
// The one notion of time on the wire and in every PURE folder: microseconds of UTC since 1970,
// taken from the capture or the kernel, never asked of a clock here. Values only; no owner.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace gatewitness {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

// RFC 3339 in UTC with microseconds, e.g. "2026-11-24T12:03:11.000250Z". Years outside 0..9999 are
// printed as the nearest year inside.
std::string to_string(Timestamp time);

// For people: "2026-11-24 12:03 UTC".
std::string to_the_minute(Timestamp time);

// Reads RFC 3339 with 'Z' or a numeric offset, 'T' or a blank, and 0 to 9 fractional digits (digits
// beyond the sixth are cut off). The error is a phrase that completes "the time ...".
std::expected<Timestamp, std::string> parse_timestamp(std::string_view text);

}  // namespace gatewitness
