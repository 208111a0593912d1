// SPDX-License-Identifier: Apache-2.0
//
// conf/messages as constants; make_messages.py writes the other half of this. Private to this folder and its
// test.
#pragma once

#include <string_view>

#include "daemon/words/words.h"

namespace gatewitness::words {

// One text; or one and other; or a noun's bare, the, behind. What a message does not have is empty.
struct Forms {
  std::string_view form[3];
};

extern const std::string_view kIds[kMessages];  // sorted
extern const Forms kTexts[kLanguages][kMessages];

}  // namespace gatewitness::words
