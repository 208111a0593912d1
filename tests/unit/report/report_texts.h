// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of daemon/report: reading a text with 203.0.113.7 (and 2001:db8::7) as our own
// addresses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/report/reader.h"

namespace gatewitness::report {

inline IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

inline ReadOptions ours() {
  ReadOptions options;
  options.is_own = [](const IpAddress& given) {
    return given == address("203.0.113.7") || given == address("2001:db8::7");
  };
  return options;
}

inline Reading read(std::string_view text, const ReadOptions& options = ours()) {
  return read_report({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, options);
}

inline std::string time_of(const Claim& claim) {
  return claim.time ? gatewitness::to_string(*claim.time) : "";
}

inline std::string all_notes(const Claim& claim) {
  std::string all;
  for (const auto& note : claim.notes) all += note + "\n";
  return all;
}

inline std::string all_errors(const Reading& reading) {
  std::string all;
  for (const auto& error : reading.errors) all += to_string(error) + "\n";
  return all;
}

// With CRLF instead of LF.
inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

}  // namespace gatewitness::report
