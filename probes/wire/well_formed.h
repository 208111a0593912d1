// SPDX-License-Identifier: Apache-2.0
//
// The first look at a message from a stranger: whether it is one well-formed CBOR item (RFC 8949 section 5.1
// and appendix C) of the kinds that schema.cddl allows, before a parser that recurses per level sees it.
// Private to this folder; decode.cc calls it.
#pragma once

#include <cstdint>
#include <span>

namespace gatewitness::wire {

// A record needs five: envelope, record, smtp, refusals, one refusal.
inline constexpr std::size_t kMaxDepth = 8;

// True for exactly one item, nothing after it, at most kMaxDepth maps and arrays within each other, map keys
// of definite-length text, no tags, and no simple values but false, true and null. Memory: constant.
bool is_well_formed(std::span<const uint8_t> bytes);

}  // namespace gatewitness::wire
