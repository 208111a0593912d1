// SPDX-License-Identifier: Apache-2.0
//
// The only place that asks the kernel what time it is. Called once per turn by each process's loop, never by
// PURE code.
#pragma once

#include <chrono>
#include <optional>

#include "probes/wire/time.h"

namespace gatewitness::process {

// UTC, as frames and conntrack events are stamped.
Timestamp wall_clock_now();

// Milliseconds for poll(2) from now until the earliest of two deadlines: 0 if one has passed, at most
// `longest`. Rounded up, so that the deadline has come when poll returns.
int poll_timeout_ms(Timestamp now, std::optional<Timestamp> first, std::optional<Timestamp> second,
                    std::chrono::milliseconds longest);

}  // namespace gatewitness::process
