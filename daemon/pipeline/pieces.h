// SPDX-License-Identifier: Apache-2.0
//
// A large value as a row of CBOR byte strings (a sequence, RFC 8742) that each hold one item in CBOR. It is
// written and read piece by piece, so that it takes the memory of its bytes and not that of a tree of all of
// it, which is five times as much.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

namespace gatewitness {

void add_piece(std::vector<uint8_t>& to, const nlohmann::json& item);
// Takes the first piece off. Throws nlohmann::json::exception where there is none.
nlohmann::json take_piece(std::span<const uint8_t>& from);
// False: not of this kind; a single map was written before there were pieces.
bool begins_with_piece(std::span<const uint8_t> bytes);

}  // namespace gatewitness
