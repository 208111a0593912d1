// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/mbox.h"

#include "daemon/report/ascii.h"
#include "daemon/report/date.h"

namespace gatewitness::report {
namespace {

constexpr std::size_t kLongestSeparator = 512;

// "From sender date", the date as asctime writes it. A sender with blanks in quotes is not known in the
// field.
bool is_separator(std::string_view line) {
  if (!line.starts_with("From ") || line.size() > kLongestSeparator) return false;
  const std::string_view rest = trimmed(line.substr(5));
  const std::size_t blank = rest.find(' ');
  return blank != rest.npos && parse_date(rest.substr(blank));
}

}  // namespace

bool begins_mbox(std::string_view text) {
  return text.starts_with("From ") && !text.empty() && is_separator(take_line(text));
}

std::optional<std::string_view> Mbox::next() {
  if (rest_.empty()) return std::nullopt;
  (void)take_line(rest_);
  const char* const begin = rest_.data();
  bool after_empty = false;
  while (!rest_.empty()) {
    const std::string_view before = rest_;
    const std::string_view line = take_line(rest_);
    if (after_empty && is_separator(line)) {
      rest_ = before;
      break;
    }
    after_empty = line.empty();
  }
  return std::string_view(begin, static_cast<std::size_t>(rest_.data() - begin));
}

}  // namespace gatewitness::report
