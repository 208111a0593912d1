// SPDX-License-Identifier: Apache-2.0
//
// Picks out of a XARF document the few values that this room asks for, while nlohmann-json's parser passes
// over it: no tree is built, names and bodies of people are never kept. Called by read_xarf().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/report/options.h"

namespace gatewitness::report {

// The places of a document that are read. Version 3 has two forms of source and samples.
enum class XarfKey : uint8_t {
  kReport,  // an object
  kDate,
  kSourceIp,
  kSourcePort,
  kSource,  // an object, or the address
  kSourceObjectIp,
  kSourceObjectPort,
  kDestinationIp,
  kDestinationPort,
  kReportClass,
  kReportType,
  kXarfVersion,  // from here on version 4
  kTimestamp,
  kSourceIdentifier,
  kV4SourcePort,
  kV4DestinationIp,
  kV4DestinationPort,
  kCategory,
  kClass,
  kType,
};
inline constexpr std::size_t kXarfKeys = 20;
std::string_view name_of(XarfKey key);  // as the specification writes it, "Report.SourceIp"

struct XarfValue {
  enum class Kind : uint8_t { kAbsent, kText, kNumber, kOther };
  Kind kind = Kind::kAbsent;
  std::string text;     // cut
  uint64_t number = 0;  // a negative or broken one is kOther
};

struct XarfFields {
  std::array<XarfValue, kXarfKeys> values;
  std::vector<std::string> samples;  // mails brought as evidence, decoded
  std::size_t samples_unread = 0;    // beyond the limit, or not decodable

  const XarfValue& operator[](XarfKey key) const { return values[static_cast<std::size_t>(key)]; }
  bool has(XarfKey key) const { return (*this)[key].kind != XarfValue::Kind::kAbsent; }
};

// The error is a line of its own: where it is no JSON, or which key is given twice.
std::expected<XarfFields, std::string> pick_fields(std::string_view object, const ReadOptions& options);

}  // namespace gatewitness::report
