// SPDX-License-Identifier: Apache-2.0
//
// The way in: bytes of an abuse report in, claims and errors out. Knows by its first bytes whether it is a
// mail (with Received lines, ARF or XARF in it), an mbox of many or XARF as bare JSON. PURE: the caller reads
// the file or the standard input. Work is linear in the input, memory is bounded by the options.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/report/claim.h"
#include "daemon/report/options.h"

namespace gatewitness::report {

// Never empty: where nothing was understood there is an error that says so.
Reading read_report(std::span<const uint8_t> bytes, const ReadOptions& options);

}  // namespace gatewitness::report
