// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/xarf.h"

#include <algorithm>

#include "daemon/report/ascii.h"
#include "daemon/report/claims.h"
#include "daemon/report/client.h"
#include "daemon/report/header.h"
#include "daemon/report/received.h"
#include "daemon/report/xarf_fields.h"

namespace gatewitness::report {
namespace {

using Kind = XarfValue::Kind;

std::string not_a(XarfKey key, std::string_view what) {
  return std::string(name_of(key)) + " is not " + std::string(what);
}

// Numbers, and texts of digits: some writers quote them.
std::optional<uint16_t> port_of(const XarfFields& fields, XarfKey key, std::vector<std::string>& notes) {
  const XarfValue& value = fields[key];
  if (value.kind == Kind::kAbsent) return std::nullopt;
  const auto port = value.kind == Kind::kNumber ? port_number(std::to_string(value.number))
                    : value.kind == Kind::kText ? port_number(trimmed(value.text))
                                                : std::nullopt;
  if (!port) add_note(notes, not_a(key, "a port from 1 to 65535; it was not taken"));
  return port;
}

std::optional<IpAddress> destination_of(const XarfFields& fields, XarfKey key,
                                        std::vector<std::string>& notes) {
  if (!fields.has(key)) return std::nullopt;
  const auto address = parse_address(fields[key].text);
  if (!address) add_note(notes, not_a(key, "an IP address; it was not taken"));
  return address;
}

std::optional<Timestamp> time_of(const XarfFields& fields, XarfKey key, const ReadOptions& options,
                                 std::vector<std::string>& notes) {
  if (!fields.has(key)) return std::nullopt;
  if (fields[key].kind != Kind::kText) {
    add_note(notes, not_a(key, "a text with a time; it was not taken"));
    return std::nullopt;
  }
  return read_time(fields[key].text, name_of(key), options, notes);
}

// Where each version keeps its values.
struct Layout {
  std::string_view format;
  std::string_view time_source;
  XarfKey address, port, time, destination, destination_port;
};
constexpr Layout kVersion4 = {"xarf-4",
                              "xarf timestamp",
                              XarfKey::kSourceIdentifier,
                              XarfKey::kV4SourcePort,
                              XarfKey::kTimestamp,
                              XarfKey::kV4DestinationIp,
                              XarfKey::kV4DestinationPort};
constexpr Layout kVersion3 = {"xarf-3",
                              "xarf date",
                              XarfKey::kSourceIp,
                              XarfKey::kSourcePort,
                              XarfKey::kDate,
                              XarfKey::kDestinationIp,
                              XarfKey::kDestinationPort};

Layout layout_of(const XarfFields& fields) {
  if (fields.has(XarfKey::kXarfVersion)) return kVersion4;
  Layout layout = kVersion3;
  if (fields.has(XarfKey::kSourceIp)) return layout;
  layout.port = XarfKey::kSourceObjectPort;
  layout.address = fields.has(XarfKey::kSourceObjectIp)           ? XarfKey::kSourceObjectIp
                   : fields[XarfKey::kSource].kind == Kind::kText ? XarfKey::kSource
                                                                  : XarfKey::kSourceIp;
  if (!fields.has(XarfKey::kSourceObjectPort)) layout.port = XarfKey::kSourcePort;
  return layout;
}

bool is_about_mail(const XarfFields& fields) {
  constexpr std::array kKeys = {XarfKey::kReportClass, XarfKey::kReportType, XarfKey::kCategory,
                                XarfKey::kClass, XarfKey::kType};
  constexpr std::array<std::string_view, 4> kWords = {"messaging", "spam", "phishing", "bulk_messaging"};
  return std::any_of(kKeys.begin(), kKeys.end(), [&](XarfKey key) {
    return std::any_of(kWords.begin(), kWords.end(), [&](auto word) { return same(fields[key].text, word); });
  });
}

void combine_samples(Claim& claim, const XarfFields& fields, const ReadOptions& options) {
  if (fields.samples_unread != 0)
    add_note(claim.notes,
             std::to_string(fields.samples_unread) + " mails brought as evidence could not be read");
  if (fields.samples.empty()) return;
  if (fields.samples.size() > 1)
    add_note(claim.notes,
             std::to_string(fields.samples.size()) + " mails are brought as evidence; the first was read");
  std::vector<Hop> hops;
  for (const Field& field : read_header(fields.samples.front(), options).fields)
    if (same(field.name, "Received")) hops.push_back(parse_received(field.value, options));
  combine(claim, hops);
}

}  // namespace

std::expected<Claim, std::string> read_xarf(const JsonDocument& document, const ReadOptions& options) {
  if (!document.is_object) return std::unexpected("is no JSON object");
  if (!document.complete) return std::unexpected("is JSON that breaks off");
  if (document.text.size() > options.json_bytes)
    return std::unexpected("is larger than " + std::to_string(options.json_bytes) + " bytes");
  if (document.depth > options.json_depth)
    return std::unexpected("is JSON nested more than " + std::to_string(options.json_depth) + " deep");
  const auto picked = pick_fields(document.text, options);
  if (!picked) return std::unexpected(picked.error());
  const XarfFields& fields = *picked;
  if (!fields.has(XarfKey::kXarfVersion) && !fields.has(XarfKey::kReport))
    return std::unexpected(
        "is JSON, but no XARF report: it has neither \"Report\" (version 3) nor \"xarf_version\"");
  const Layout layout = layout_of(fields);
  if (!fields.has(layout.address))
    return std::unexpected(std::string(name_of(layout.address)) + " is missing");
  if (fields[layout.address].kind != Kind::kText)
    return std::unexpected(not_a(layout.address, "a text with an IP address"));
  Claim claim;
  claim.public_address = parse_address(fields[layout.address].text);
  if (!claim.public_address) return std::unexpected(not_a(layout.address, "an IP address"));
  claim.format = layout.format;
  claim.public_port = port_of(fields, layout.port, claim.notes);
  claim.time = time_of(fields, layout.time, options, claim.notes);
  if (claim.time) claim.time_source = layout.time_source;
  claim.destination = destination_of(fields, layout.destination, claim.notes);
  claim.destination_port = port_of(fields, layout.destination_port, claim.notes);
  if (layout.format == kVersion4.format && !fields[XarfKey::kXarfVersion].text.starts_with("4"))
    add_note(claim.notes, "xarf_version is not 4; the report was read as version 4");
  if (!is_about_mail(fields)) add_note(claim.notes, "by its class and type the report is not about mail");
  combine_samples(claim, fields, options);
  finish(claim, options);
  return claim;
}

}  // namespace gatewitness::report
