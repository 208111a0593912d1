// SPDX-License-Identifier: Apache-2.0
//
// One XARF report (eXtended Abuse Reporting Format, JSON): version 3, which has a "Report", and version 4,
// which has an "xarf_version". Bytes of one JSON object in, a claim out, or the one line that says why not.
// Called for bare JSON and for JSON attached to a mail.
#pragma once

#include <expected>
#include <string>

#include "daemon/report/claim.h"
#include "daemon/report/json_documents.h"
#include "daemon/report/options.h"

namespace gatewitness::report {

// The claim has no source yet.
std::expected<Claim, std::string> read_xarf(const JsonDocument& document, const ReadOptions& options);

}  // namespace gatewitness::report
