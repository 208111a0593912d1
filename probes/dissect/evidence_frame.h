// SPDX-License-Identifier: Apache-2.0
//
// What of a frame is kept as evidence: its headers, and of the payload what proves the dialogue and nothing
// that was said in it. Pure; used by the dissector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "probes/dissect/frame.h"

namespace gatewitness::dissect {

// LINKTYPE_ number (https://www.tcpdump.org/linktypes.html).
uint16_t dlt_of(LinkType link);

// How much of a payload proves the dialogue: of a server's reply its three digits and what follows them (a
// space or '-'), of a client's command its verb. 0: none of it.
std::size_t proof_length(std::string_view payload, bool from_client);

// Whether a command that is followed by what must not be kept stands in it: DATA, BDAT, AUTH, STARTTLS.
bool opens_content(std::string_view payload);

// The bytes to keep of a frame; nullopt: it proves nothing (a bare acknowledgement, content), or it is not
// this packet's frame (a datagram put together from fragments). keep_words: no content was opened yet.
std::optional<std::string> evidence_of(const Packet& packet, std::span<const uint8_t> frame, bool from_client,
                                       bool keep_words);

}  // namespace gatewitness::dissect
