// SPDX-License-Identifier: Apache-2.0
#include "daemon/words/words.h"

#include <algorithm>

#include "daemon/words/table.h"

namespace gatewitness::words {
namespace {

Forms forms_of(Language language, Message message) {
  return forms_of(language, static_cast<std::size_t>(message));
}

std::string_view chosen(const Forms& forms, std::initializer_list<Place> places) {
  // Each of these languages has two: 1, and everything else.
  const auto count = std::ranges::find(places, "count", &Place::name);
  const bool other = count == places.end() || count->number != 1U;
  return other && !forms.form[1].empty() ? forms.form[1] : forms.form[0];
}

}  // namespace

std::optional<Language> parse_language(std::string_view name) {
  const auto found = std::ranges::find(kLanguageNames, name);
  if (found == std::end(kLanguageNames)) return std::nullopt;
  return static_cast<Language>(found - std::begin(kLanguageNames));
}

std::string say(Language language, Message message, std::initializer_list<Place> places) {
  std::string_view text = chosen(forms_of(language, message), places);
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == text.npos) break;
    const std::size_t close = text.find('}', open);  // make_messages.py saw to it
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto place = std::ranges::find(places, name, &Place::name);
    if (place != places.end()) out += place->text;
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string_view noun(Language language, Message message, Noun form) {
  return forms_of(language, message).form[static_cast<std::size_t>(form)];
}

std::optional<Message> find(std::string_view id) {
  const auto found = std::ranges::lower_bound(kIds, id, {}, text_of);
  if (found == std::end(kIds) || text_of(*found) != id) return std::nullopt;
  return static_cast<Message>(found - std::begin(kIds));
}

std::string_view id_of(Message message) {
  return text_of(kIds[static_cast<std::size_t>(message)]);
}

std::string capitalized(std::string text) {
  if (text.empty()) return text;
  if (text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  } else if (text.size() > 1 && text[0] == '\xc3' && text[1] >= '\xa0' && text[1] <= '\xbe') {
    text[1] = static_cast<char>(text[1] - 0x20);  // U+00E0..U+00FE; U+00F7 begins no sentence
  }
  return text;
}

}  // namespace gatewitness::words
