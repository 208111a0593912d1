// SPDX-License-Identifier: Apache-2.0
//
// One mail to its claims: its own Received lines, the reports and mails attached to it, and which of them
// count. Text in, claims or one error out. Called for a mail file and for each message of an mbox.
#pragma once

#include <string>
#include <string_view>

#include "daemon/report/claim.h"
#include "daemon/report/options.h"

namespace gatewitness::report {

void read_message(std::string_view mail, const std::string& source, const ReadOptions& options,
                  Reading& reading);

// The documents of a JSON text; a fault of one is an error of its own.
void read_json(std::string_view text, const std::string& source, const ReadOptions& options,
               Reading& reading);

}  // namespace gatewitness::report
