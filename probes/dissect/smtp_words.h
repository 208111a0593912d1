// SPDX-License-Identifier: Apache-2.0
//
// The first glance: could this payload be a line of an SMTP dialogue? The same words that the kernel filter
// lets pass on any port.
#pragma once

#include <string_view>

namespace gatewitness::dissect {

// A client's verb (RFC 5321 section 4.1.1, RFC 3030, 3207, 4954, 2033), in any case, and a blank or line end
// after it.
bool begins_with_verb(std::string_view payload);
// Three digits, the first of them 2 to 5, and a blank, a hyphen or a line end.
bool begins_with_reply(std::string_view payload);

}  // namespace gatewitness::dissect
