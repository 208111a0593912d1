// SPDX-License-Identifier: Apache-2.0
//
// The times that reports write: RFC 5322 dates with their obsolete forms, C's asctime, RFC 3339 with or
// without a zone. Text in, UTC out. Used for Received fields, ARF and XARF.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "probes/wire/time.h"

namespace gatewitness::report {

struct Moment {
  Timestamp time;               // in UTC
  bool zone_known = true;       // false: none was given, or one that no standard knows; UTC is assumed
  bool weekday_matches = true;  // false: the name of the day is that of another date
};

// The error is a phrase that completes "the time ...".
std::expected<Moment, std::string> parse_date(std::string_view text);

}  // namespace gatewitness::report
