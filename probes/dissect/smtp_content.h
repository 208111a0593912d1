// SPDX-License-Identifier: Apache-2.0
//
// Finds the end of a message's content after DATA (RFC 5321 section 4.1.1.4), whatever the segments, without
// keeping a byte of it: the search jumps from dot to dot, so base64 passes at the speed of memory. Owned by
// the SMTP session.
#pragma once

#include <cstdint>
#include <span>

namespace gatewitness::dissect {

class ContentSkipper {
 public:
  // lenient: a dot line with bare LF on either side ends the content too.
  void begin(bool lenient);
  // Whether the end lies in rest; rest then starts behind it, else it is empty.
  bool skip(std::span<const uint8_t>& rest);
  // Bytes are missing here: the next byte may be anywhere in a line.
  void gap() { matched_ = Matched::kNothing; }

  // A dot line with a bare LF went by: some servers take it for the end (the server's answer tells).
  bool maybe_ended() const { return maybe_ended_; }

 private:
  // How much of CR LF . CR LF the bytes so far end in.
  enum class Matched : uint8_t { kNothing, kCr, kLineStart, kDot, kDotCr };
  bool step(uint8_t byte);
  bool line_ended(bool bare_lf);

  Matched matched_ = Matched::kNothing;
  bool lenient_ = false;
  bool start_bare_ = false;  // the line began after a bare LF
  bool maybe_ended_ = false;
};

}  // namespace gatewitness::dissect
