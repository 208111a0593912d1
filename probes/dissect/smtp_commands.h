// SPDX-License-Identifier: Apache-2.0
//
// One line of an SMTP client, read: its verb and the facts in its argument (RFC 5321 section 4.1.1 and the
// extensions), as generously as servers read it. All views borrow the line; nothing is kept. Called by the
// SMTP session.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatewitness::dissect {

enum class Verb : uint8_t {
  kUnknown,
  kEhlo,
  kHelo,
  kLhlo,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kStarttls,
  kAuth,
  kRset,
  kQuit,
  kNoop,
  kVrfy,
  kExpn,
  kHelp,
  kEtrn,
  kXclient,
  kXforward,
  // Not commands, but what else a server answers to:
  kContentEnd,  // the dot after DATA
  kAuthLine,    // a line of an AUTH exchange
};

struct Command {
  Verb verb = Verb::kUnknown;
  std::string_view argument;  // what follows the verb, blanks around it removed
};

// kUnknown for anything but a verb in the form that its command has (its argument may still be wrong).
Command parse_command(std::string_view line);

// The path of MAIL FROM: or RCPT TO: (RFC 5321 section 4.1.2); source routes are dropped.
struct Path {
  std::string_view address;  // "local@domain", without brackets; empty for <>
  std::string_view domain;   // after the last '@', cut at the first byte that no domain holds; may be empty
  bool null = false;         // <>
};
// Nothing if the argument does not begin with "FROM" or "TO" (the colon may be missing), or names no path at
// all.
std::optional<Path> parse_path(std::string_view argument);

// BDAT's argument (RFC 3030 section 2): "size" or "size LAST". Nothing if it is anything else.
struct Chunk {
  uint64_t size = 0;
  bool last = false;
};
std::optional<Chunk> parse_chunk(std::string_view argument);

// ASCII only, and locale-free.
char lower(char c);
bool same_word(std::string_view a, std::string_view b);
bool starts_with_word(std::string_view text, std::string_view prefix);
std::string_view trim(std::string_view text);

}  // namespace gatewitness::dissect
