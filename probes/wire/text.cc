// SPDX-License-Identifier: Apache-2.0
#include "probes/wire/text.h"

#include <array>
#include <cstdint>
#include <cstdio>

#include "probes/wire/utf8.h"

namespace gatewitness {
namespace {

// Characters that change how their neighbours look or cannot be seen: controls, bidi and zero-width format
// characters, line and paragraph separators, the byte order mark, interlinear and tag characters.
bool is_harmful(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array<Range, 20> kRanges = {
      {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},
       {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
       {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
       {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}}};
  for (const auto& range : kRanges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

std::string shown(std::string_view rest, const Utf8Character& character) {
  std::array<char, 16> escaped{};
  if (!character.valid) {
    std::snprintf(escaped.data(), escaped.size(), "\\x%02x",
                  static_cast<unsigned>(static_cast<uint8_t>(rest[0])));
  } else if (character.code == '\\') {
    return "\\\\";
  } else if (!is_harmful(character.code)) {
    return std::string(rest.substr(0, character.size));
  } else if (character.code < 0x80) {
    std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(character.code));
  } else {
    std::snprintf(escaped.data(), escaped.size(), "\\u{%04x}", static_cast<unsigned>(character.code));
  }
  return escaped.data();
}

}  // namespace

std::string printable(std::string_view raw, std::size_t max_bytes) {
  static constexpr std::string_view kEllipsis = "\u2026";
  std::string out;
  std::size_t room_for_ellipsis = 0;  // length of out up to which an ellipsis still fits
  while (!raw.empty()) {
    const Utf8Character character = first_character(raw);
    const std::string piece = shown(raw, character);
    if (out.size() + piece.size() > max_bytes) {
      out.resize(room_for_ellipsis);
      if (max_bytes >= kEllipsis.size()) out += kEllipsis;
      return out;
    }
    out += piece;
    raw.remove_prefix(character.size);
    if (out.size() + kEllipsis.size() <= max_bytes) room_for_ellipsis = out.size();
  }
  return out;
}

}  // namespace gatewitness
