// SPDX-License-Identifier: Apache-2.0
//
// What shows that a flow on a mail port speaks another protocol: FTP and NNTP greet like SMTP, others are met
// on mail ports because somebody put them there. Positive signs only: a flow that was joined in the middle of
// a message looks like anything. Pure; called by the SMTP session until it knows.
#pragma once

#include <cstdint>
#include <string_view>

namespace gatewitness::dissect {

// A line of the client that is no SMTP command.
bool is_foreign_request(std::string_view line);
// A line of the server that is no reply.
bool is_foreign_response(std::string_view line);
// A code that other protocols use and SMTP does not.
bool is_foreign_code(uint16_t code);
// A first byte with which no line of text begins.
bool is_binary(uint8_t byte);

}  // namespace gatewitness::dissect
