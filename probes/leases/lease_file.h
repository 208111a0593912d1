// SPDX-License-Identifier: Apache-2.0
//
// A lease file of whichever server: each line tells by its first field whose it is, so that nobody has to
// say. Called by the probe's LeaseFeed with what it read.
#pragma once

#include <cstddef>
#include <string_view>

#include "probes/leases/lease.h"

namespace gatewitness::leases {

// Of any of the files; what comes after these bytes is not read.
inline constexpr std::size_t kMaxFileBytes = 512UL * 1024;

LeaseList read_leases(std::string_view text);

}  // namespace gatewitness::leases
