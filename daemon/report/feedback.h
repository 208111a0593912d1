// SPDX-License-Identifier: Apache-2.0
//
// ARF: the fields of a message/feedback-report (RFC 5965, RFC 6591, RFC 6692) as a claim. Values in, values
// out. Called for each feedback report of a mail.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "daemon/report/claim.h"
#include "daemon/report/options.h"
#include "daemon/report/parts.h"

namespace gatewitness::report {

// The mail that is reported, if it is attached, gives HELO, queue id and receiver; and, where the report
// names no address, the claims themselves. The error is the one line that says why there is no claim.
std::expected<std::vector<Claim>, std::string> read_feedback(const Finding& feedback, const Finding* reported,
                                                             const ReadOptions& options);

}  // namespace gatewitness::report
