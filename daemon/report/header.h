// SPDX-License-Identifier: Apache-2.0
//
// The header of a mail or of a part of one: its fields, unfolded, within limits, and where the body begins.
// Also reads the fields of message/feedback-report, which have the same form. The text must outlive what is
// returned.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/options.h"

namespace gatewitness::report {

struct Field {
  std::string_view name;
  std::string value;  // line breaks taken out, cut at the limit
};

struct Header {
  std::vector<Field> fields;  // from the top
  std::string_view body;      // after the empty line
  bool has_body = false;      // there was an empty line
  std::size_t received = 0;   // Received fields, also those that were not kept
  std::size_t unread = 0;     // fields beyond a limit
  std::size_t cut = 0;        // fields that were longer than one may be
  std::size_t malformed = 0;  // lines that are neither a field nor go on with one

  // The first of that name; nullptr: none.
  const std::string* find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

// An mbox's "From " line, quoted or not, that was left at the head is passed over. CRLF and bare LF both end
// a line.
Header read_header(std::string_view text, const ReadOptions& options);

// Does the text begin like a header field, "Name:"?
bool looks_like_header(std::string_view text);

}  // namespace gatewitness::report
