// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as RFC 3629 has it: shortest form, no surrogates, at most U+10FFFF. For texts that came from the
// wire.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatewitness {

struct Utf8Character {
  char32_t code = 0;
  std::size_t size = 1;
  bool valid = false;  // if not: one byte that belongs to no character
};

// The first character of a text that is not empty.
Utf8Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

// Each byte that belongs to no character becomes U+FFFD.
std::string repaired_utf8(std::string_view text);

}  // namespace gatewitness
