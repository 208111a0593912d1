// SPDX-License-Identifier: Apache-2.0
//
// The lexical units of a structured header field (RFC 5322 section 3.2): words, quoted strings, comments that
// nest. Reads a view that must outlive it; one pass, each byte is looked at no more than twice. Used for
// dates, Received and Content-Type fields.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatewitness::report {

struct Token {
  enum class Kind : unsigned char { kWord, kQuoted, kComment, kDelimiter };
  Kind kind = Kind::kWord;
  std::string_view text;   // of a comment or quoted string what is inside, as written
  std::size_t offset = 0;  // where it begins in the field

  bool is_word() const { return kind == Kind::kWord; }
  bool is_comment() const { return kind == Kind::kComment; }
  bool is_delimiter(char c) const { return kind == Kind::kDelimiter && text.front() == c; }
};

class Lexer {
 public:
  // Each of the delimiters ends a word and is a token of its own.
  Lexer(std::string_view field, std::string_view delimiters) : field_(field), delimiters_(delimiters) {}
  std::optional<Token> next();

 private:
  std::size_t end_of_comment() const;  // npos: it never ends
  std::size_t end_of_quoted() const;
  bool ends_word(char c) const;

  std::string_view field_;
  std::string_view delimiters_;
  std::size_t at_ = 0;
  // One that never ends is plain text, and so is every one after it.
  bool comments_ = true;
  bool quotes_ = true;
};

// A quoted string's text without its backslashes.
std::string unquoted(std::string_view inside);

}  // namespace gatewitness::report
