// SPDX-License-Identifier: Apache-2.0
//
// Splits an mbox (RFC 4155) into its mails: at each "From " line with a date that follows an empty line.
// Quoted lines
// (">From ") stay as they are: no header and no encoding that this room reads can be changed by them. Views
// into the text, which must outlive them.
#pragma once

#include <optional>
#include <string_view>

namespace gatewitness::report {

// Does the text begin with an mbox's separator line?
bool begins_mbox(std::string_view text);

class Mbox {
 public:
  // The text begins with a separator line.
  explicit Mbox(std::string_view text) : rest_(text) {}
  // The next mail, without its separator line.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

}  // namespace gatewitness::report
