// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_content.h"

#include <cstring>

namespace gatewitness::dissect {
namespace {

// Index of the byte before the next LF, not before from: behind a dot in the middle of a line the rest of the
// line does not matter, however many dots it has. Without an LF, the last byte, which may be the CR of one.
std::size_t near_line_end(std::span<const uint8_t> bytes, std::size_t from) {
  if (from >= bytes.size()) return bytes.size();
  const void* found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
  const std::size_t end = found == nullptr
                              ? bytes.size()
                              : static_cast<std::size_t>(static_cast<const uint8_t*>(found) - bytes.data());
  return end > from ? end - 1 : from;
}

}  // namespace

void ContentSkipper::begin(bool lenient) {
  *this = {};
  lenient_ = lenient;
  matched_ = Matched::kLineStart;  // DATA's own line end counts: content may be empty
}

bool ContentSkipper::line_ended(bool bare_lf) {
  const bool dot_line = matched_ == Matched::kDot || matched_ == Matched::kDotCr;
  const bool clean = !bare_lf && !start_bare_;
  matched_ = Matched::kLineStart;
  start_bare_ = bare_lf;
  if (dot_line && !clean) maybe_ended_ = true;
  return dot_line && (clean || lenient_);
}

// One byte that matters: at the start of a line or in a possible end.
bool ContentSkipper::step(uint8_t byte) {
  if (byte == '\n') return line_ended(matched_ != Matched::kCr && matched_ != Matched::kDotCr);
  if (byte == '.' && matched_ == Matched::kLineStart) {
    matched_ = Matched::kDot;
  } else if (byte == '\r') {
    matched_ = matched_ == Matched::kDot ? Matched::kDotCr : Matched::kCr;
  } else {
    matched_ = Matched::kNothing;
  }
  return false;
}

bool ContentSkipper::skip(std::span<const uint8_t>& rest) {
  std::size_t at = 0;
  while (at < rest.size()) {
    if (matched_ != Matched::kNothing) {
      if (step(rest[at++])) {
        rest = rest.subspan(at);
        return true;
      }
      continue;
    }
    // Nothing is pending: only a dot behind a line end can matter, so look at the two bytes before each dot,
    // and at the last two bytes for a line end that the next span continues.
    const void* found = std::memchr(rest.data() + at, '.', rest.size() - at);
    const std::size_t dot = found == nullptr
                                ? rest.size()
                                : static_cast<std::size_t>(static_cast<const uint8_t*>(found) - rest.data());
    const std::size_t from = dot - at > 2 ? dot - 2 : at;
    for (at = from; at < dot; ++at) (void)step(rest[at]);
    if (at < rest.size() && matched_ == Matched::kNothing) at = near_line_end(rest, at + 1);
  }
  rest = {};
  return false;
}

}  // namespace gatewitness::dissect
