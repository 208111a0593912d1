// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/json_documents.h"

#include <algorithm>

#include "daemon/report/ascii.h"

namespace gatewitness::report {
namespace {

// '[', ']' and ',' of an array around them, and RFC 7464's record separator.
bool stands_between(char c) {
  return is_blank(c) || c == '[' || c == ']' || c == ',' || c == '\x1e';
}

// The offset behind the string that begins at `at`, or of the line break that must not be in one.
std::size_t after_string(std::string_view text, std::size_t at, bool& broken) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\n') break;
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  broken = true;
  return at;
}

}  // namespace

std::optional<JsonDocument> JsonDocuments::next() {
  const auto begin = std::find_if_not(rest_.begin(), rest_.end(), stands_between);
  rest_.remove_prefix(static_cast<std::size_t>(begin - rest_.begin()));
  if (rest_.empty()) return std::nullopt;
  if (rest_.front() == '{') return object();
  JsonDocument other;
  other.text = take_line(rest_);
  return other;
}

JsonDocument JsonDocuments::object() {
  JsonDocument document;
  document.is_object = true;
  const std::string_view text = rest_;
  std::size_t depth = 0;
  bool broken = false;
  std::size_t at = 0;
  while (at < text.size() && !broken) {
    const char c = text[at];
    if (c == '"') {
      at = after_string(text, at, broken);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') document.depth = std::max(document.depth, ++depth);
    if ((c == '}' || c == ']') && --depth == 0) {
      document.complete = true;
      break;
    }
  }
  document.text = text.substr(0, at);
  rest_.remove_prefix(at);
  if (at == text.size() && !document.complete) {
    rest_ = text;
    resume_after(std::min(text.find('\n'), text.size()));
  }
  return document;
}

void JsonDocuments::resume_after(std::size_t first_line_end) {
  const std::size_t next = rest_.find("\n{", first_line_end);
  if (next == rest_.npos || resumed_ == kMaxResumed) {
    rest_ = {};
    return;
  }
  ++resumed_;
  rest_.remove_prefix(next + 1);
}

}  // namespace gatewitness::report
