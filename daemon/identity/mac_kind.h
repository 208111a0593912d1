// SPDX-License-Identifier: Apache-2.0
//
// What a MAC address is by its form alone (IEEE 802-2014 section 8, 802c-2017): its maker's, made up, or one
// of the well-known ranges that virtual machines and containers make theirs up in. PURE.
#pragma once

#include <cstdint>
#include <string_view>

#include "probes/wire/mac.h"

namespace gatewitness {

enum class MacKind : uint8_t {
  kUniversal,  // from a maker's block: the table of vendors knows whose
  kMadeUp,     // locally administered: randomised by a phone, or set by hand
  kContainer,  // 02:42: Docker's
  kVirtual,    // QEMU's, VirtualBox's and their like, whether their block is registered or made up
  kGroup,      // multicast or broadcast: no device has it
  kNone,       // zero
};

MacKind mac_kind(const MacAddress& mac);
// For the owner: "private (made-up) MAC"; "" for a universal one.
std::string_view describe(MacKind kind);
std::string_view to_string(MacKind kind);

// Nobody can tell a company id (CID, second digit A, 802c's ELI) from a random address that happens to begin
// like one: phones draw all bits but two. So a CID names nobody here, but that it may be one is known.
bool may_be_company_id(const MacAddress& mac);

}  // namespace gatewitness
