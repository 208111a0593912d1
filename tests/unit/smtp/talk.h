// SPDX-License-Identifier: Apache-2.0
//
// Conversations for the tests of the SMTP session: who says what, as plain strings, fed whole, byte by byte,
// or in odd pieces; and a session's answers as a sorted map of short texts that cases compare with. Owned by
// the tests.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "probes/dissect/smtp_session.h"

namespace gatewitness::dissect::test {

struct Turn {
  enum class Kind { kClient, kServer, kClientGap, kServerGap };
  Kind kind = Kind::kClient;
  std::string bytes;
  uint64_t gap = 0;
};

Turn c(std::string_view line);       // the client says a line; CRLF is added
Turn s(std::string_view line);       // the server does
Turn c_raw(std::string_view bytes);  // as they are
Turn s_raw(std::string_view bytes);
Turn c_gap(uint64_t bytes);
Turn s_gap(uint64_t bytes);
using Talk = std::vector<Turn>;
Talk operator+(Talk a, const Talk& b);

inline constexpr HashKey kKey = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

// step: bytes per span; 0 feeds each turn as one span. The session is finished unless told otherwise.
SmtpSession run(const Talk& talk, bool implicit_tls = false, std::size_t step = 0, bool finish = true);

using Facts = std::map<std::string, std::string>;
Facts facts_of(const SmtpSession& session);

struct Case {
  std::string_view name;
  Talk talk;
  Facts want;
  bool implicit_tls = false;
};
// Runs the talk turn by turn, byte by byte and seven bytes at a time: how the stream was cut must not show.
void check(const Case& one);

// The parts of an ordinary dialogue.
inline const Talk kHello = {s("220 mx.example.org ESMTP"), c("EHLO laptop.example"), s("250-mx.example.org"),
                            s("250-PIPELINING"), s("250 8BITMIME")};
inline const Talk kEnvelope = {c("MAIL FROM:<ann@example.com>"), s("250 2.1.0 Ok"),
                               c("RCPT TO:<bob@example.org>"), s("250 2.1.5 Ok")};
inline const Talk kContent = {c("DATA"), s("354 go"), c("Subject: x"), c(""), c("..hello"), c(".")};
inline const Talk kQuit = {c("QUIT"), s("221 bye")};

}  // namespace gatewitness::dissect::test
