// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/lexer.h"

#include "daemon/report/ascii.h"

namespace gatewitness::report {

std::size_t Lexer::end_of_comment() const {
  std::size_t depth = 0;
  for (std::size_t i = at_; i < field_.size(); ++i) {
    const char c = field_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::size_t Lexer::end_of_quoted() const {
  for (std::size_t i = at_ + 1; i < field_.size(); ++i) {
    if (field_[i] == '\\')
      ++i;
    else if (field_[i] == '"')
      return i;
  }
  return std::string_view::npos;
}

bool Lexer::ends_word(char c) const {
  return is_blank(c) || (c == '(' && comments_) || (c == '"' && quotes_) ||
         delimiters_.find(c) != delimiters_.npos;
}

std::optional<Token> Lexer::next() {
  while (at_ < field_.size() && is_blank(field_[at_])) ++at_;
  if (at_ == field_.size()) return std::nullopt;
  const std::size_t begin = at_;
  const char c = field_[at_];
  const bool comment = c == '(' && comments_;
  if (comment || (c == '"' && quotes_)) {
    const std::size_t end = comment ? end_of_comment() : end_of_quoted();
    if (end != std::string_view::npos) {
      at_ = end + 1;
      return Token{comment ? Token::Kind::kComment : Token::Kind::kQuoted,
                   field_.substr(begin + 1, end - begin - 1), begin};
    }
    (comment ? comments_ : quotes_) = false;
  }
  if (delimiters_.find(c) != delimiters_.npos) {
    ++at_;
    return Token{Token::Kind::kDelimiter, field_.substr(begin, 1), begin};
  }
  ++at_;
  while (at_ < field_.size() && !ends_word(field_[at_])) ++at_;
  return Token{Token::Kind::kWord, field_.substr(begin, at_ - begin), begin};
}

std::string unquoted(std::string_view inside) {
  std::string out;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
    out += inside[i];
  }
  return out;
}

}  // namespace gatewitness::report
