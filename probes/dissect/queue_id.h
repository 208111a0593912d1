// SPDX-License-Identifier: Apache-2.0
//
// The name that a server gave to a message in its final reply: what an abuse report quotes, and what ties it
// to a flow. Pure; called by the SMTP session for the reply to message content.
#pragma once

#include <string_view>

namespace gatewitness::dissect {

// The id in the text of a 2xx reply (code removed), or empty. A view into text, at most wire::kMaxText bytes.
std::string_view find_queue_id(std::string_view text);

}  // namespace gatewitness::dissect
