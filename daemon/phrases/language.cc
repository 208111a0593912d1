// SPDX-License-Identifier: Apache-2.0
#include "daemon/phrases/language.h"

#include <algorithm>
#include <array>

namespace gatewitness {
namespace {

constexpr std::array<std::string_view, 3> kCodes = {"en", "de", "sv"};

}  // namespace

std::optional<Language> parse_language(std::string_view code) {
  const auto found = std::ranges::find(kCodes, code);
  if (found == kCodes.end()) return std::nullopt;
  return static_cast<Language>(found - kCodes.begin());
}

std::string_view to_string(Language language) {
  return kCodes[static_cast<std::size_t>(language)];
}

}  // namespace gatewitness
