// SPDX-License-Identifier: Apache-2.0
//
// Text for a terminal or a file: colour only where it is seen as colour, paragraphs wrapped, tables aligned.
// Texts are shown as they are: who passes one from the wire escapes it first (wire/text.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatewitness::cli {

enum class Tone : uint8_t { kPlain, kBold, kDim, kRed, kYellow, kGreen };

struct Style {
  bool colour = false;
  std::size_t width = 100;  // columns

  std::string paint(Tone tone, std::string_view text) const;
};

// As standard output is: no colour and 100 columns into a file or a pipe.
Style style_of_output();

// Columns that the text takes: code points, which is right for what printable() lets through of most scripts.
std::size_t columns(std::string_view text);

// Words into lines of at most `width` columns, each begun with `indent` blanks; a longer word has its own
// line.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
};
// Rows of equal length; the first is the heading. Columns are as wide as their widest cell, two blanks apart.
std::string table(const std::vector<std::vector<Cell>>& rows, std::size_t indent, const Style& style);

// 1234567 → "1,234,567"
std::string thousands(uint64_t number);

}  // namespace gatewitness::cli
