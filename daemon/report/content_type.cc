// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/content_type.h"

#include <optional>

#include "daemon/report/ascii.h"
#include "daemon/report/lexer.h"

namespace gatewitness::report {
namespace {

// RFC 2046 allows 70; some writers exceed it.
constexpr std::size_t kMaxBoundary = 200;

// The texts of all tokens up to the next ';': a value may hold '=' without quotes.
std::string rest_of_parameter(Lexer& lexer, std::string first) {
  while (const auto token = lexer.next()) {
    if (token->is_delimiter(';')) break;
    if (token->is_comment()) continue;
    first += token->kind == Token::Kind::kQuoted ? unquoted(token->text) : std::string(token->text);
  }
  return first;
}

void set_parameter(ContentType& type, std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == parameter.npos) return;
  const std::string_view name = parameter.substr(0, equals);
  const std::string_view value = parameter.substr(equals + 1);
  if (same(name, "boundary") && value.size() <= kMaxBoundary && type.boundary.empty()) type.boundary = value;
  if (same(name, "name")) type.name = lower(value);
  if (same(name, "charset")) type.charset = lower(value);
}

}  // namespace

ContentType parse_content_type(std::string_view field) {
  ContentType type;
  Lexer lexer(field, ";");
  type.type = lower(rest_of_parameter(lexer, {}));
  while (const auto token = lexer.next()) {
    if (token->is_delimiter(';') || token->is_comment()) continue;
    set_parameter(type, rest_of_parameter(lexer, std::string(token->text)));
  }
  if (type.type.find('/') == type.type.npos) type.type = "text/plain";
  return type;
}

}  // namespace gatewitness::report
