// SPDX-License-Identifier: Apache-2.0
//
// A server's replies put together from their lines (RFC 5321 section 4.2), with the text that classification
// and queue ids need, joined and bounded. Owned by the SMTP session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatewitness::dissect {

struct ReplyLine {
  uint16_t code = 0;
  bool last = false;      // no '-' behind the code
  std::string_view text;  // behind the separator
};
// Nothing if the line does not begin with a code from 100 to 599 and a blank, '-' or its end.
std::optional<ReplyLine> parse_reply_line(std::string_view line);

// Whether text begins with an enhanced status code (RFC 3463), e.g. "5.7.1 ": no other protocol has them.
bool has_enhanced_status(std::string_view text);

inline constexpr std::size_t kMaxReplyText = 768;
inline constexpr std::size_t kMaxFirstLine = 128;

struct Reply {
  uint16_t code = 0;
  std::string text;         // of all lines, joined by a blank, at most kMaxReplyText bytes
  std::string first_line;   // of it, raw, at most kMaxFirstLine bytes
  bool pipelining = false;  // a line of its own says so (RFC 1869 keyword)
  bool starttls = false;
  bool smtp_keywords = false;  // any keyword of an EHLO answer that only SMTP knows
  bool enhanced = false;

  unsigned klass() const { return code / 100; }
};

class ReplyParser {
 public:
  enum class Result : uint8_t {
    kMore,      // a line of a reply that goes on
    kReply,     // reply() is whole
    kNotReply,  // no code where one must stand
  };
  Result add(std::string_view line);
  // The last whole reply; valid until the next add.
  const Reply& reply() const { return reply_; }
  // Bytes are missing: what was begun is not a reply.
  void clear();

 private:
  Reply reply_;
  bool open_ = false;
};

}  // namespace gatewitness::dissect
