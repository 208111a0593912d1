// SPDX-License-Identifier: Apache-2.0
//
// The login name in one response of a SASL exchange (RFC 4954; RFC 4616 PLAIN, LOGIN, RFC 2195 CRAM-MD5,
// RFC 2831 DIGEST-MD5, RFC 5802 SCRAM, RFC 7628 OAUTHBEARER, XOAUTH2). The decoded response exists only
// inside the call and is wiped before it returns; the name is handed to the caller's function and to nobody
// else.
#pragma once

#include <functional>
#include <string_view>

namespace gatewitness::dissect {

// step: 0 for the initial response or the first line after 334, 1 for the next, ... Calls found at most once.
void find_login_name(std::string_view mechanism, unsigned step, std::string_view response,
                     const std::function<void(std::string_view)>& found);

// Whether a line can be a response: base64, "=" (empty) or "*" (cancel).
bool looks_like_auth_response(std::string_view line);

}  // namespace gatewitness::dissect
