// SPDX-License-Identifier: Apache-2.0
//
// When to send and when again: what an answer means, how long to wait, quiet hours. PURE: time and chance are
// arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/alert/channel.h"

namespace gatewitness::alert {

enum class Outcome : uint8_t {
  kDelivered,
  kRetry,    // later: no connection, a time-out, 408, 425, 429, 5xx
  kRefused,  // never: any other answer. It will not change by asking again
};

// Of an HTTP status; 0: there was none. A status of 2xx whose body broke off is delivered: the server had
// taken it.
Outcome outcome_of(int status);

// Wait before try number `tries` + 1 (tries ≥ 1): 2 s doubled, up to 1 min without an answer (a try costs
// nothing then) and 5 min with one; of that half to all, by chance in [0, 1). What the server asks for is
// waited for at least, up to a day.
Duration backoff(uint32_t tries, bool answered, std::optional<Duration> retry_after, double chance);

// Seconds, or an IMF-fixdate ("Tue, 24 Nov 2026 12:03:11 GMT"; RFC 9110 section 10.2.3). Nothing if it is
// neither.
std::optional<Duration> parse_retry_after(std::string_view value, Timestamp now);

// "22:00-07:00". Nothing for what is not, or is empty (from = to).
std::optional<QuietHours> parse_quiet_hours(std::string_view text);
bool is_quiet(const std::optional<QuietHours>& hours, int minute_of_day);

}  // namespace gatewitness::alert
