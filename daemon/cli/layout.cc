// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/layout.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace gatewitness::cli {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr std::size_t kWidest = 120;

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kBold:
      return "\033[1m";
    case Tone::kDim:
      return "\033[2m";
    case Tone::kRed:
      return "\033[1;31m";
    case Tone::kYellow:
      return "\033[33m";
    case Tone::kGreen:
      return "\033[32m";
  }
  return "";
}

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");  // no-color.org
  const char* term = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string Style::paint(Tone tone, std::string_view text) const {
  if (!colour || tone == Tone::kPlain || text.empty()) return std::string(text);
  return code_of(tone) + std::string(text) + "\033[0m";
}

Style style_of_output() {
  Style style;
  if (::isatty(STDOUT_FILENO) == 0) return style;
  style.colour = wants_colour();
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
    style.width = std::clamp<std::size_t>(size.ws_col, kNarrowest, kWidest);
  return style;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string margin(indent, ' ');
  std::string out, line;
  const auto flush = [&] {
    if (!line.empty()) out += margin + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!line.empty() && indent + columns(line) + 1 + columns(word) > width) flush();
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  flush();
  return out;
}

std::string table(const std::vector<std::vector<Cell>>& rows, std::size_t indent, const Style& style) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i].text));
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      const Cell& cell = rows[r][i];
      line += style.paint(r == 0 ? Tone::kDim : cell.tone, cell.text);
      if (i + 1 < rows[r].size()) line += std::string(widths[i] - columns(cell.text) + 2, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);  // the last cells may be empty
    out += line + "\n";
  }
  return out;
}

std::string thousands(uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

}  // namespace gatewitness::cli
