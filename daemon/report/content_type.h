// SPDX-License-Identifier: Apache-2.0
//
// A Content-Type field (RFC 2045 section 5.1): its type and the parameters that this room asks for. Field in,
// value out. Continued and encoded parameters (RFC 2231) are not read: no boundary needs them.
#pragma once

#include <string>
#include <string_view>

namespace gatewitness::report {

struct ContentType {
  std::string type;  // "multipart/report", in lower case
  std::string boundary;
  std::string name;  // of a file, in lower case
  std::string charset;

  bool is_multipart() const { return type.starts_with("multipart/"); }
};

// What is no Content-Type gives text/plain, as RFC 2045 section 5.2 has it.
ContentType parse_content_type(std::string_view field);

}  // namespace gatewitness::report
