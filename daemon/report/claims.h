// SPDX-License-Identifier: Apache-2.0
//
// From hops to claims: which Received lines speak of us, and what a report and the mail attached to it say
// together. Values in, values out. Called for mails, ARF and XARF.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/claim.h"
#include "daemon/report/options.h"
#include "daemon/report/received.h"

namespace gatewitness::report {

// The hops from our public addresses; if those are not known, the hops from any public one. From the top.
std::vector<Claim> claims_of(const std::vector<Hop>& hops, const ReadOptions& options);

// Adds to a report's claim what the attached mail's topmost Received line from the same address says, and
// notes where the two disagree.
void combine(Claim& claim, const std::vector<Hop>& hops);

// The notes that any claim needs once it is whole: no port, no time, an address that is not ours.
void finish(Claim& claim, const ReadOptions& options);

}  // namespace gatewitness::report
