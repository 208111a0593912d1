// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/dnsmasq.h"

#include "probes/leases/fields.h"

namespace gatewitness::leases {
namespace {

// Of another kind of hardware, or none: "20-", "06-00:11:…".
bool has_hardware_type(std::string_view text) {
  return text.size() >= 3 && text[2] == '-';
}

bool is_iaid(std::string_view text) {
  if (text.starts_with('T')) text.remove_prefix(1);
  return number_of(text).has_value();
}

}  // namespace

void read_dnsmasq_line(std::string_view line, LeaseList& out) {
  const Fields fields(line);
  if (fields[0] == "duid" && fields.size() == 2) return;
  const auto end = number_of(fields[0]);
  const auto address = IpAddress::parse(fields[2]);
  if (!end || !address || fields.size() != 5) {
    ++out.bad_lines;
    return;
  }
  Lease lease{"", {}, *address, end_of(*end), name_of(fields[3]), hex_of(fields[4])};
  auto mac = address->is_v6() ? mac_of_duid(lease.client_id) : MacAddress::parse(fields[1]);
  if (mac && (mac->is_zero() || mac->is_multicast())) mac.reset();
  if (!mac) {
    // In order: a client without a MAC of Ethernet's kind.
    const bool in_order = address->is_v6() ? is_iaid(fields[1]) : has_hardware_type(fields[1]);
    ++(in_order ? out.unplaced : out.bad_lines);
    return;
  }
  lease.mac = *mac;
  out.add(std::move(lease));
}

}  // namespace gatewitness::leases
