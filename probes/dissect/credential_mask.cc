// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/credential_mask.h"

#include <algorithm>
#include <string_view>

#include "probes/dissect/bytes.h"
#include "probes/dissect/findings.h"

namespace gatewitness::dissect {
namespace {

constexpr std::size_t kLongestVerb = 4;  // DATA, QUIT and RSET are base64 too
constexpr std::size_t kLongestWord = 16;

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '=';
}

// Where the word at begin ends, blanks after it included.
std::size_t after_word(std::string_view line, std::size_t begin) {
  const auto blank = std::min(line.find(' ', begin), line.size());
  return std::min(line.find_first_not_of(' ', blank), line.size());
}

// The word at begin, in lower case; of a longer one its begin, which is none of the words looked for.
std::string word_at(std::string_view line, std::size_t begin) {
  const auto end = std::min(line.find(' ', begin), line.size());
  return ascii_lower(line.substr(begin, std::min(end - begin, kLongestWord)));
}

// From where on the line is secret; its length if nothing is.
std::size_t secret_begin(std::string_view line) {
  const std::string first = word_at(line, 0);
  const std::size_t second = after_word(line, 0);
  if (first == "user" || first == "pass" || first == "authorization:" || first == "cookie:") return second;
  if (first == "auth") return after_word(line, second);
  const std::string command = word_at(line, second);
  if (command == "login" || command == "authenticate") return after_word(line, second);
  const bool one_word = std::ranges::all_of(line, is_base64);
  return one_word && line.size() > kLongestVerb ? 0 : line.size();
}

}  // namespace

void mask_credentials(std::span<uint8_t> payload) {
  while (!payload.empty()) {
    const auto text = as_text(payload);
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::ranges::fill(payload.first(line.size()).subspan(secret_begin(line)), uint8_t{'x'});
    payload = payload.subspan(std::min(end + 1, payload.size()));
  }
}

}  // namespace gatewitness::dissect
