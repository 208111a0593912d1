// SPDX-License-Identifier: Apache-2.0
//
// Whether a bundle is what a gateway signed, and what that proves. Reads bytes from anybody. PURE.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/evidence/digest.h"

namespace gatewitness::evidence {

inline constexpr std::size_t kMaxBundle = std::size_t{64} << 20;

struct Check {
  std::string name;
  bool passed = false;
  std::string text;  // what was found, for a person; raw where it comes from the file
};

struct Verification {
  std::vector<Check> checks;
  std::string kind, sentence, made, software, key;  // of the file; "" if it does not say
  std::size_t rows = 0, frames = 0;
  std::vector<std::string> proves, does_not_prove;
  std::string pcapng;  // the frames, if their check passed
  bool whole() const;
};

// expected: the key that the gateway shows in its status; nullopt: the file's own word is taken.
Verification verify(std::string_view bytes, const std::optional<PublicKey>& expected);

}  // namespace gatewitness::evidence
