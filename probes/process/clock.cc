// SPDX-License-Identifier: Apache-2.0
#include "probes/process/clock.h"

#include <algorithm>

namespace gatewitness::process {

Timestamp wall_clock_now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

int poll_timeout_ms(Timestamp now, std::optional<Timestamp> first, std::optional<Timestamp> second,
                    std::chrono::milliseconds longest) {
  const Timestamp deadline = std::min(first.value_or(Timestamp::max()), second.value_or(Timestamp::max()));
  if (deadline <= now) return 0;
  // Compared before subtracting: Timestamp::max() minus an early now would wrap.
  if (deadline >= now + longest) return static_cast<int>(longest.count());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count());
}

}  // namespace gatewitness::process
