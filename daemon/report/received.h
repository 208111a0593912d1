// SPDX-License-Identifier: Apache-2.0
//
// One Received field (RFC 5321 section 4.4, and what Postfix, Exim, Sendmail, qmail, Exchange, Gmail,
// OpenSMTPD, Courier and others make of it) as a hop: who handed the mail over, to whom, when. Field in,
// value out. What the client itself said (its HELO, its ident) is told apart from what the server saw: an
// address in a HELO is never taken for the client's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/options.h"
#include "probes/wire/ip.h"
#include "probes/wire/time.h"

namespace gatewitness::report {

struct Hop {
  std::optional<IpAddress> from;  // the client's address as the server saw it; unmapped
  std::optional<uint16_t> port;
  std::string helo;
  std::string by;
  std::optional<IpAddress> by_address;  // if written down, and public
  std::string id;                       // the server's queue id
  std::optional<Timestamp> time;
  std::vector<std::string> notes;  // of the address, the port, the id and the time
};

Hop parse_received(std::string_view field, const ReadOptions& options);

// The time of a text, with notes of what is odd about it; also used for ARF and XARF. `what` begins the
// notes, "the Arrival-Date".
std::optional<Timestamp> read_time(std::string_view text, std::string_view what, const ReadOptions& options,
                                   std::vector<std::string>& notes);

// A text as it may stand in a claim: cut, and of what looks like a mail address the domain alone.
std::string claim_text(std::string_view text);

}  // namespace gatewitness::report
