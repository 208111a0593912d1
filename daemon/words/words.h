// SPDX-License-Identifier: Apache-2.0
//
// The message catalogue: every text for the owner and for the technician, in each language, from
// conf/messages. Whoever speaks names a message and fills its places; what fills a place is text and is not
// looked at again, so that a device called "{count}" stays one. PURE. Used by incident, attribution, alert
// and notify.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/words/messages.h"

namespace gatewitness::words {

// In the order of the table (meson.build).
enum class Language : uint8_t { kEnglish, kGerman, kSwedish };
inline constexpr std::size_t kLanguages = 3;
inline constexpr std::string_view kLanguageNames[kLanguages] = {"en", "de", "sv"};  // BCP 47
std::optional<Language> parse_language(std::string_view name);
constexpr std::string_view to_string(Language language) {
  return kLanguageNames[static_cast<std::size_t>(language)];
}

// What fills a place. The one called "count" also chooses between one and other.
struct Place {
  Place(std::string_view place, std::string with) : name(place), text(std::move(with)) {}
  Place(std::string_view place, std::string_view with) : name(place), text(with) {}
  Place(std::string_view place, const char* with) : name(place), text(with) {}
  Place(std::string_view place, uint64_t with) : name(place), text(std::to_string(with)), number(with) {}

  std::string_view name;
  std::string text;
  std::optional<uint64_t> number;
};

std::string say(Language language, Message message, std::initializer_list<Place> places = {});

// How a noun stands in a sentence.
enum class Noun : uint8_t { kBare, kThe, kBehind };
std::string_view noun(Language language, Message message, Noun form);

// By its id, for families such as "class.fridge".
std::optional<Message> find(std::string_view id);
std::string_view id_of(Message message);

// With a capital letter, as a sentence begins: a to z and what Latin-1 has besides.
std::string capitalized(std::string text);

}  // namespace gatewitness::words
