// SPDX-License-Identifier: Apache-2.0
//
// The language that an owner is spoken to in. What programs read stays English.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatewitness {

enum class Language : uint8_t { kEnglish, kGerman, kSwedish };

// By its code of two letters (ISO 639-1): en, de, sv.
std::optional<Language> parse_language(std::string_view code);
std::string_view to_string(Language language);

inline constexpr const char* kLanguageCodes = "en, de or sv";

}  // namespace gatewitness
