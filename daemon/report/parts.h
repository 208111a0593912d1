// SPDX-License-Identifier: Apache-2.0
//
// What there is to read in one mail: its own Received fields, those of mails inside it, feedback reports (RFC
// 5965) and JSON. Text in, findings out, in the order in which they stand. A small bounded reader of just
// that, because no MIME library fits: Debian 12 has vmime, mimetic and gmime, the OpenWrt feed has none of
// them, and none has limits of its own on depth, parts and decoded size.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/header.h"
#include "daemon/report/options.h"
#include "daemon/report/received.h"

namespace gatewitness::report {

struct Finding {
  enum class Kind : unsigned char { kMail, kFeedback, kJson };
  Kind kind = Kind::kMail;
  std::string where;                                        // "", "part 2", "part 2.1"
  std::vector<Hop> hops;                                    // kMail: from the top
  std::vector<std::pair<std::string, std::string>> fields;  // kFeedback: name and value
  std::string bytes;                                        // kJson, decoded
  std::vector<std::string> notes;
};

struct Findings {
  std::vector<Finding> found;  // the first is the mail itself
  std::vector<std::string> notes;
  bool is_yaml_xarf = false;  // an "X-XARF: PLAIN" mail, whose report is YAML
};

// Where the mail itself is called ""; its parts are counted from 1.
Findings find_parts(std::string_view mail, const ReadOptions& options);

}  // namespace gatewitness::report
