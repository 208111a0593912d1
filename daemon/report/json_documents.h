// SPDX-License-Identifier: Apache-2.0
//
// Finds the JSON objects in a text: one, an array of them, one a line, or simply one after the other. Only
// strings and braces are looked at, so that one broken document does not hide the next, and so that nothing
// is parsed before its depth and size are known. Views into the text, which must outlive them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace gatewitness::report {

struct JsonDocument {
  std::string_view text;
  std::size_t depth = 0;   // of objects and arrays within each other
  bool is_object = false;  // false: something else stands here, up to the end of its line
  bool complete = false;   // its braces close
};

class JsonDocuments {
 public:
  explicit JsonDocuments(std::string_view text) : rest_(text) {}
  std::optional<JsonDocument> next();

 private:
  JsonDocument object();
  // Goes on at the next line that begins with '{'.
  void resume_after(std::size_t first_line_end);

  // Each one reads the rest again.
  static constexpr unsigned kMaxResumed = 4;

  std::string_view rest_;
  unsigned resumed_ = 0;
};

}  // namespace gatewitness::report
