// SPDX-License-Identifier: Apache-2.0
//
// Making text from the wire fit to be shown. Names and banners are written by whoever sent them: escape
// sequences, line breaks, right-to-left marks and broken UTF-8 must arrive harmless on a terminal and in a
// log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatewitness {

// Valid UTF-8 of at most max_bytes (an ellipsis is added within that limit when cut). Control characters
// (C0, DEL, C1), bidi and zero-width format characters and bytes that are not UTF-8 become \xNN or \u{NNNN};
// a backslash becomes two.
std::string printable(std::string_view raw, std::size_t max_bytes = 128);

}  // namespace gatewitness
