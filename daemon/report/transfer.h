// SPDX-License-Identifier: Apache-2.0
//
// Content transfer encodings (RFC 2045 section 6): bytes as they travelled in, bytes as they were meant out,
// at most so many. Used for the parts that are read, and for the mails inside XARF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatewitness::report {

struct Decoded {
  std::string bytes;
  std::size_t faults = 0;  // characters that do not belong there, and were passed over
  bool cut = false;        // there would have been more than the limit
};

Decoded decode_base64(std::string_view text, std::size_t limit);
Decoded decode_quoted_printable(std::string_view text, std::size_t limit);

}  // namespace gatewitness::report
