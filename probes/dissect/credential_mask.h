// SPDX-License-Identifier: Apache-2.0
//
// Blanks what may be a user name or password in the text of a mail, FTP or web dialogue, so that a library
// that keeps copies of what it reads (in fields, in reassembly buffers, in freed heap blocks) never gets to
// see it. Called by ndpi_classifier.cc on its copy of each packet. Lengths, line ends and command words stay.
#pragma once

#include <cstdint>
#include <span>

namespace gatewitness::dissect {

// Per line: what follows AUTH and its mechanism, USER, PASS, an IMAP tag with LOGIN or AUTHENTICATE, or the
// headers Authorization and Cookie; and a line that is one word of base64 of more than 4 characters (a login
// that goes on).
void mask_credentials(std::span<uint8_t> payload);

}  // namespace gatewitness::dissect
