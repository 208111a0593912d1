// SPDX-License-Identifier: Apache-2.0
//
// How a report is read: which addresses are ours, and how much of hostile input is looked at. Whatever lies
// beyond a limit is not read, and a note says so. Owned by the caller of read_report().
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "probes/wire/ip.h"
#include "probes/wire/time.h"

namespace gatewitness::report {

struct ReadOptions {
  // Was this a public address of this gateway? Empty: not known.
  std::function<bool(const IpAddress&)> is_own;

  // A time outside is refused: no clock is asked here, and no gateway of ours is older.
  Timestamp earliest = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
  Timestamp latest = std::chrono::sys_days(std::chrono::year(2100) / 1 / 1);

  std::size_t input_bytes = std::size_t{64} << 20;    // the rest is cut off
  std::size_t messages = 10'000;                      // of an mbox, or JSON documents
  std::size_t claims = 10'000;                        // of the whole input
  std::size_t errors = 1'000;                         // likewise
  std::size_t claims_per_message = 8;                 // candidate hops of one mail
  std::size_t header_bytes = std::size_t{256} << 10;  // of one header
  std::size_t field_bytes = std::size_t{8} << 10;     // of one field, unfolded
  std::size_t fields = 1'000;                         // of one header
  std::size_t hops = 64;                              // Received fields of one header, from the top
  std::size_t depth = 8;                              // multiparts and mails within each other
  std::size_t parts = 128;                            // of one message, at all depths
  std::size_t decoded_bytes = std::size_t{8} << 20;   // of one message: what is decoded, and JSON
  std::size_t json_bytes = std::size_t{8} << 20;  // of one JSON document: XARF 4 allows 5 MB of evidence each
  std::size_t json_depth = 32;
  std::size_t samples = 4;  // mails that one XARF report brings as evidence
};

}  // namespace gatewitness::report
