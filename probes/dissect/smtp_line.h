// SPDX-License-Identifier: Apache-2.0
//
// Cuts one direction of a dialogue into lines, whatever the segments: a line that lies within one segment is
// borrowed from it, one that does not is put together in a buffer of fixed size. Local parts and credentials
// live only in there, and the buffer is wiped before the next line is read. Owned by the SMTP session, two
// per session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gatewitness::dissect {

struct Line {
  std::string_view text;  // without its line end; borrowed until the next call of the splitter
  bool bare_lf = false;   // ended by LF without CR
  bool cut = false;       // longer than the limit: text is its head
};

class LineSplitter {
 public:
  // limit: bytes of a line that are kept; the rest of it is skipped.
  explicit LineSplitter(std::size_t limit) : limit_(limit) {}
  ~LineSplitter();
  LineSplitter(LineSplitter&&) noexcept = default;
  LineSplitter& operator=(LineSplitter&&) noexcept = default;

  // The next whole line of rest, which shrinks by what was read; nothing if rest ends before the line does
  // (its head is kept then). The text does not depend on how the stream was cut into spans.
  std::optional<Line> next(std::span<const uint8_t>& rest);

  // Forgets and wipes what is pending: bytes are missing here, or what comes is no text.
  void clear();

  // Bytes of the pending line, kept or not.
  std::size_t pending() const { return delivered_ ? 0 : pending_; }
  // The kept head of the pending line.
  std::string_view pending_text() const;

 private:
  void keep(std::span<const uint8_t> bytes);
  Line joined(std::span<const uint8_t> tail);

  std::size_t limit_;
  std::vector<uint8_t> buffer_;  // never more than limit_ bytes
  std::size_t pending_ = 0;
  bool last_was_cr_ = false;  // the pending part ends in CR
  bool delivered_ = false;    // buffer_ holds a line that was handed out
};

}  // namespace gatewitness::dissect
