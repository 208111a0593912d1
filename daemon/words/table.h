// SPDX-License-Identifier: Apache-2.0
//
// conf/messages as constants; make_messages.py writes the other half of this. Private to this folder and its
// test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/words/words.h"

namespace gatewitness::words {

// One text; or one and other; or a noun's bare, the, behind. What a message does not have is empty.
struct Forms {
  std::string_view form[3];
};

// Where a text lies in kText, in bytes. No pointers: a thousand of them would be relocated at each start of
// each process.
struct Piece {
  uint16_t begin;
  uint16_t size;
};

extern const char kText[];
extern const Piece kIds[kMessages];  // sorted by what they say
extern const Piece kForms[kLanguages][kMessages][3];

inline std::string_view text_of(Piece piece) {
  return {kText + piece.begin, piece.size};
}
inline Forms forms_of(Language language, std::size_t message) {
  const auto& forms = kForms[static_cast<std::size_t>(language)][message];
  return {{text_of(forms[0]), text_of(forms[1]), text_of(forms[2])}};
}

}  // namespace gatewitness::words
