// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/ethers.h"

#include <algorithm>

#include "probes/leases/fields.h"
#include "probes/leases/lines.h"
#include "probes/wire/ip.h"

namespace gatewitness::leases {
namespace {

// As ether_aton(3) reads it: leading zeros may be missing.
std::optional<MacAddress> mac_of(std::string_view text) {
  std::string full;
  std::size_t digits = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool ends = at == text.size() || text[at] == ':';
    if (!ends) {
      ++digits;
      continue;
    }
    if (digits == 0 || digits > 2) return std::nullopt;
    if (!full.empty()) full += ':';
    if (digits == 1) full += '0';
    full += text.substr(at - digits, digits);
    digits = 0;
  }
  const auto mac = MacAddress::parse(full);
  if (!mac || mac->is_zero() || mac->is_multicast()) return std::nullopt;
  return mac;
}

}  // namespace

StaticNames read_ethers(std::string_view text) {
  StaticNames out;
  for_each_line(text, [&](std::string_view line) {
    const Fields fields(line.substr(0, line.find('#')));
    if (fields.size() == 0) return;
    const auto mac = mac_of(fields[0]);
    std::string name = name_of(fields[1]);
    if (!mac || fields.size() != 2 || name.empty()) {
      ++out.bad_lines;
      return;
    }
    if (IpAddress::parse(name)) return;
    if (out.names.size() < kMaxStaticNames)
      out.names.push_back({*mac, std::move(name)});
    else
      ++out.refused;
  });
  return out;
}

}  // namespace gatewitness::leases
