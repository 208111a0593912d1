// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/transfer.h"

#include <cstdint>

#include "daemon/report/ascii.h"

namespace gatewitness::report {
namespace {

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;  // '-' and '_' of RFC 4648 section 5, which JSON writers use
  if (c == '/' || c == '_') return 63;
  return -1;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A line's text without the blanks that transport may have added, and whether it ends in a soft break.
std::string_view without_tail(std::string_view line, bool& soft) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  soft = !line.empty() && line.back() == '=';
  if (soft) line.remove_suffix(1);
  return line;
}

void decode_line(std::string_view line, std::size_t limit, Decoded& out) {
  for (std::size_t i = 0; i < line.size() && out.bytes.size() <= limit; ++i) {
    const int high = line[i] == '=' && i + 2 < line.size() ? hex_digit(line[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(line[i + 2]);
    if (low >= 0) {
      out.bytes += static_cast<char>(high << 4 | low);
      i += 2;
      continue;
    }
    if (line[i] == '=') ++out.faults;
    out.bytes += line[i];
  }
}

}  // namespace

Decoded decode_base64(std::string_view text, std::size_t limit) {
  Decoded out;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    if (is_blank(c)) continue;
    if (c == '=') {  // the end of one encoded piece; another may follow
      bits = 0;
      count = 0;
      continue;
    }
    const int digit = base64_digit(c);
    if (digit < 0) {
      ++out.faults;
      continue;
    }
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffffU;
    count += 6;
    if (count < 8) continue;
    if (out.bytes.size() == limit) {
      out.cut = true;
      break;
    }
    count -= 8;
    out.bytes += static_cast<char>(bits >> count & 0xffU);
  }
  return out;
}

Decoded decode_quoted_printable(std::string_view text, std::size_t limit) {
  Decoded out;
  while (!text.empty() && !out.cut) {
    bool soft = false;
    const std::string_view line = without_tail(take_line(text), soft);
    decode_line(line, limit, out);
    if (!soft) out.bytes += '\n';
    if (out.bytes.size() <= limit) continue;
    out.cut = true;
    out.bytes.resize(limit);
  }
  return out;
}

}  // namespace gatewitness::report
