// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_words.h"

#include <algorithm>
#include <array>

namespace gatewitness::dissect {
namespace {

bool equals_ignoring_case(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(), [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool ends_word(char c) {
  return c == ' ' || c == '\r' || c == '\n' || c == '\t';
}

}  // namespace

bool begins_with_verb(std::string_view payload) {
  static constexpr std::array<std::string_view, 11> kVerbs = {
      "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "AUTH", "RSET", "QUIT", "STARTTLS"};
  return std::any_of(kVerbs.begin(), kVerbs.end(), [&](std::string_view verb) {
    return payload.size() > verb.size() && equals_ignoring_case(payload.substr(0, verb.size()), verb) &&
           ends_word(payload[verb.size()]);
  });
}

bool begins_with_reply(std::string_view payload) {
  if (payload.size() < 4 || payload[0] < '2' || payload[0] > '5') return false;
  return is_digit(payload[1]) && is_digit(payload[2]) && (ends_word(payload[3]) || payload[3] == '-');
}

}  // namespace gatewitness::dissect
