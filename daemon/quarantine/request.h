// SPDX-License-Identifier: Apache-2.0
//
// The fixed grammar of guard.sock: what the daemon may ask of the guard, and what it is told. One message is
// one text, ASCII, at most kMaxLine bytes, without a line break:
//
//     block TARGET SCOPE SECONDS CAUSE [ADDRESS...]   makes one, or replaces the target's
//     move TARGET [ADDRESS...]                        the target's addresses have changed to these
//     unblock TARGET
//     list
//
// Fields as in quarantine.h. Nothing else is understood, and no field ever reaches the firewall as text: each
// becomes a value and is written again from it. The reply:
//
//     ok REFUSED MALFORMED RESTORED                   counters since the guard's start
//     note TEXT                                       what the owner should know, if anything
//     QUARANTINE                                      a line for each that stands after the request
//
// or `error TEXT`. Lines end with a line break. PURE; the daemon formats and parses the other way around with
// the same code.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/quarantine/quarantine.h"

namespace gatewitness::quarantine {

struct Block {
  Target target;
  Scope scope = Scope::kMail;
  std::chrono::seconds length{0};
  Cause cause;
  std::vector<IpAddress> addresses;
  bool operator==(const Block&) const = default;
};
struct Move {
  Target target;
  std::vector<IpAddress> addresses;
  bool operator==(const Move&) const = default;
};
struct Unblock {
  Target target;
  bool operator==(const Unblock&) const = default;
};
struct List {
  bool operator==(const List&) const = default;
};
using Request = std::variant<Block, Move, Unblock, List>;

std::string to_text(const Request& request);
// The error says what is wrong and what is allowed.
std::expected<Request, std::string> parse_request(std::string_view text);

struct Counters {
  uint64_t refused = 0;    // connections of other users
  uint64_t malformed = 0;  // requests that are none
  uint64_t restored = 0;   // times that the table was gone or changed, and was put back
  bool operator==(const Counters&) const = default;
};
struct Reply {
  Counters counters;
  std::vector<std::string> notes;
  std::vector<Quarantine> quarantines;
  bool operator==(const Reply&) const = default;
};
// Of a reply: with all quarantines and two notes it fits.
inline constexpr std::size_t kMaxReply = (kMaxQuarantines + 4) * kMaxLine;

std::string to_text(const std::expected<Reply, std::string>& reply);
// The error is the guard's own, or that the text is no reply.
std::expected<Reply, std::string> parse_reply(std::string_view text);

}  // namespace gatewitness::quarantine
