// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_commands.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gatewitness::dissect {
namespace {

constexpr std::string_view kBlanks = " \t\r";

constexpr std::pair<std::string_view, Verb> kVerbs[] = {
    {"EHLO", Verb::kEhlo}, {"HELO", Verb::kHelo},         {"LHLO", Verb::kLhlo},
    {"MAIL", Verb::kMail}, {"RCPT", Verb::kRcpt},         {"DATA", Verb::kData},
    {"BDAT", Verb::kBdat}, {"STARTTLS", Verb::kStarttls}, {"AUTH", Verb::kAuth},
    {"RSET", Verb::kRset}, {"QUIT", Verb::kQuit},         {"NOOP", Verb::kNoop},
    {"VRFY", Verb::kVrfy}, {"EXPN", Verb::kExpn},         {"HELP", Verb::kHelp},
    {"ETRN", Verb::kEtrn}, {"XCLIENT", Verb::kXclient},   {"XFORWARD", Verb::kXforward},
};

// Letters, digits and what literals, IDNs (raw UTF-8) and sloppy host names hold.
bool is_domain_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         byte == '.' || byte == '-' || byte == '_' || byte == ':' || byte == '[' || byte == ']' ||
         byte >= 0x80;
}

std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  const auto domain = address.substr(at + 1);
  const auto end = std::find_if_not(domain.begin(), domain.end(), is_domain_byte);
  return domain.substr(0, static_cast<std::size_t>(end - domain.begin()));
}

// Index of the first of stops outside a quoted string, or the text's size. A quote that never closes quotes
// nothing.
std::size_t find_unquoted(std::string_view text, std::string_view stops) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && stops.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return quoted ? std::min(text.size(), text.find_first_of(stops)) : text.size();
}

// "@one,@two:local@domain" (RFC 5321 appendix C).
std::string_view without_route(std::string_view path) {
  if (!path.starts_with('@')) return path;
  const auto colon = path.find(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

// What stands behind "FROM" or "TO", with or without its colon; nothing if neither is there.
std::optional<std::string_view> behind_keyword(std::string_view argument) {
  for (const std::string_view keyword : {"FROM", "TO"}) {
    if (!starts_with_word(argument, keyword)) continue;
    auto rest = argument.substr(keyword.size());
    if (rest.empty() || (rest[0] != ':' && rest[0] != '<' && kBlanks.find(rest[0]) == std::string_view::npos))
      continue;
    rest = trim(rest);
    return rest.starts_with(':') ? trim(rest.substr(1)) : rest;
  }
  return std::nullopt;
}

// Some verbs are common words, and a flow may be joined inside a letter: "Data shows ..." is no command.
bool is_shaped(const Command& command) {
  switch (command.verb) {
    case Verb::kMail:
    case Verb::kRcpt:
      return behind_keyword(command.argument).has_value();
    case Verb::kData:
    case Verb::kRset:
    case Verb::kQuit:
    case Verb::kStarttls:
      return command.argument.empty();
    default:
      return true;
  }
}

}  // namespace

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_word(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_word(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

Command parse_command(std::string_view line) {
  const auto text = trim(line);
  const auto end = std::min(text.size(), text.find_first_of(kBlanks));
  const auto word = text.substr(0, end);
  for (const auto& [name, verb] : kVerbs) {
    if (!same_word(word, name)) continue;
    const Command command{verb, trim(text.substr(end))};
    return is_shaped(command) ? command : Command{};
  }
  return {};
}

std::optional<Path> parse_path(std::string_view argument) {
  const auto behind = behind_keyword(argument);
  if (!behind || behind->empty()) return std::nullopt;
  auto path = *behind;
  if (path.front() == '<') {
    path.remove_prefix(1);
    path = trim(path.substr(0, find_unquoted(path, ">")));
    if (path.empty()) return Path{.address = {}, .domain = {}, .null = true};
  } else {
    path = path.substr(0, find_unquoted(path, " \t>"));
  }
  path = without_route(path);
  return Path{.address = path, .domain = domain_of(path), .null = false};
}

std::optional<Chunk> parse_chunk(std::string_view argument) {
  Chunk chunk;
  const auto* end = argument.data() + argument.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): from_chars is given the end
  const auto [stop, error] = std::from_chars(argument.data(), end, chunk.size);
  if (error != std::errc{}) return std::nullopt;
  const auto tail = trim(argument.substr(static_cast<std::size_t>(stop - argument.data())));
  chunk.last = same_word(tail, "LAST");
  if (!tail.empty() && !chunk.last) return std::nullopt;
  return chunk;
}

}  // namespace gatewitness::dissect
