// SPDX-License-Identifier: Apache-2.0
//
// What an outsider says that a public address of ours did, as values: what one abuse report comes to. Made by
// read_report() and, from flags, by the command `gatewitness attribute`, which looks for the device behind
// it. Every text is what the report's author wrote: cut, never escaped, never trusted. No subject, no body
// and no local part of an address is ever in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/wire/ip.h"
#include "probes/wire/time.h"

namespace gatewitness::report {

inline constexpr std::size_t kMaxText = 255;  // bytes of helo, queue_id, receiver, source and each note
inline constexpr std::size_t kMaxNotes = 16;  // of one claim

struct Claim {
  std::optional<IpAddress> public_address;  // always there in what read_report() gives
  std::optional<uint16_t> public_port;
  std::optional<Timestamp> time;
  std::string
      time_source;  // "arf arrival-date", "received header", "xarf date", "xarf timestamp"; "" without
  std::optional<IpAddress> destination;
  std::optional<uint16_t> destination_port;
  std::string helo;
  std::string queue_id;  // the receiver's
  std::string receiver;  // the host that says so: the `by` of the hop
  std::string format;    // "arf", "xarf-3", "xarf-4", "mail"
  std::string source;    // "mail", "mbox message 3, part 2", "JSON document 4"
  // Which of the candidates of its message this is, the most trusted first.
  unsigned candidate = 1;
  unsigned candidates = 1;
  // What is odd, missing or was not read: a sentence each, in our words; figures, addresses and times only.
  std::vector<std::string> notes;
};

struct ReportError {
  std::string source;  // as in Claim
  std::string text;    // completes "<source>: ..."
};
inline std::string to_string(const ReportError& error) {
  return error.source + ": " + error.text;
}

// One bad message of an mbox must not hide the others, nor the other way round.
struct Reading {
  std::vector<Claim> claims;
  std::vector<ReportError> errors;  // a message or document that gave no claim: one line each
  std::vector<std::string> notes;   // of the input as a whole: what lies beyond a limit
};

// Adds a note once, within the caps above.
void add_note(std::vector<std::string>& notes, std::string note);

}  // namespace gatewitness::report
