// SPDX-License-Identifier: Apache-2.0
//
// Records to bytes and back: one record is one CBOR item (RFC 8949) of at most kMaxMessage bytes, as
// schema.cddl describes. Called by the probes' publisher, the daemon's inbox and `gatewitness watch`.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness::wire {

inline constexpr uint32_t kVersion = 1;
inline constexpr std::size_t kMaxMessage = 4096;

enum class DecodeFault : uint8_t {
  kTooLong,  // more than kMaxMessage bytes
  kNotCbor,  // not one well-formed CBOR item as schema.cddl allows it: nested too deep, a tag, a key twice
  kUnknownVersion,  // a version that this build does not know
  kUnknownType,     // a record type that this build does not know
  kBadField,        // a required field is absent, of the wrong type or out of range
};
inline constexpr std::size_t kDecodeFaults = 5;

struct DecodeError {
  DecodeFault fault = DecodeFault::kNotCbor;
  std::string detail;  // names the field; never repeats bytes from the wire
};

// Unknown fields are ignored; lists and texts beyond their caps are kBadField.
std::expected<Envelope, DecodeError> decode(std::span<const uint8_t> bytes);

// Never longer than kMaxMessage: texts and lists are cut to their caps, then the longest of an Attempt's
// lists of texts and hashes, or a ProbeStatus's counters, loses its older half until it fits. Times outside
// 1970 to 9999 become the nearest inside.
std::vector<uint8_t> encode(const Envelope& envelope);

// The same item as one line of JSON, ASCII only (bytes that are not UTF-8 become U+FFFD), without line break,
// so that it is harmless on a terminal; hashes are left out. For people and for `watch`.
std::string to_json_line(const Envelope& envelope);

// The record's type name in the schema: "attempt", "binding", ...
std::string_view type_name(const Record& record);

}  // namespace gatewitness::wire
