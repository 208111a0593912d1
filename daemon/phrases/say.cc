// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "daemon/phrases/phrases.h"

namespace gatewitness {
namespace {

const Place* find(Places places, std::string_view name) {
  const auto found = std::ranges::find(places, name, [](const auto& place) { return place.first; });
  return found == places.end() ? nullptr : &found->second;
}

std::string number_in(std::string_view form, uint64_t number) {
  std::string text;
  for (const char c : form) {
    if (c == '#')
      text += std::to_string(number);
    else
      text += c;
  }
  return text;
}

// "name" or "name|one|many".
std::string fill(std::string_view inner, Places places) {
  const auto bar = inner.find('|');
  const Place* place = find(places, inner.substr(0, bar));
  if (place == nullptr) return "";
  if (const auto* text = std::get_if<std::string_view>(place)) return std::string(*text);
  const uint64_t number = std::get<uint64_t>(*place);
  if (bar == std::string_view::npos) return std::to_string(number);
  const auto second = inner.find('|', bar + 1);
  return number_in(number == 1 ? inner.substr(bar + 1, second - bar - 1) : inner.substr(second + 1), number);
}

}  // namespace

std::string say(Language language, Phrase phrase, Places places) {
  std::string_view rest = text_of(language, phrase);
  std::string out;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    out += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = rest.find('}', open);
    if (close == std::string_view::npos) break;  // none is so: the catalogue's test
    out += fill(rest.substr(open + 1, close - open - 1), places);
    rest.remove_prefix(close + 1);
  }
  return out;
}

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace gatewitness
