// SPDX-License-Identifier: Apache-2.0
//
// Weighs what the facts say: of each thing said the strongest fact of every kind counts, and kinds add up.
// One answer for the maker, one for the class. PURE; private to this folder and its test.
#pragma once

#include <span>
#include <string>

#include "daemon/identity/identity.h"

namespace gatewitness {

// evidence: in order of preference; of two that weigh the same the earlier wins. "" if nothing is said.
std::string best_vendor(std::span<const Reason> evidence);
// A class needs one fair fact, or as much in weak ones; a general class wins only where no other does.
std::string best_class(std::span<const Reason> evidence);

// "TP-Link" and "TP-LINK Technologies" are one maker: case and signs do not count, and the one may go on.
bool same_vendor(std::string_view a, std::string_view b);

}  // namespace gatewitness
