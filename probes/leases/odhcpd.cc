// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/odhcpd.h"

#include <algorithm>

#include "probes/leases/fields.h"

namespace gatewitness::leases {
namespace {

constexpr std::size_t kFirstAddress = 8;
constexpr std::size_t kMaxInterface = 15;
constexpr std::string_view kRefusedName = "broken\\x20";

// "192.168.1.20/32", "2001:db8:1::20/128"; a shorter length is a prefix.
std::optional<IpAddress> host_address(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || text.substr(slash + 1) != (address->is_v6() ? "128" : "32")) return std::nullopt;
  return address;
}

}  // namespace

void read_odhcpd_line(std::string_view line, LeaseList& out) {
  const Fields fields(line);
  const bool for_ever = fields[5] == "-1";
  const auto end = for_ever ? std::optional<uint64_t>(0) : number_of(fields[5]);
  // No address stands there once a lease is over.
  const bool has_form = fields[0] == "#" && end && fields.size() + 1 >= kFirstAddress &&
                        fields.size() <= Fields::kMost && fields[1].size() <= kMaxInterface;
  const std::string id = hex_of(fields[2]);
  if (!has_form || id.empty()) {
    ++out.bad_lines;
    return;
  }
  if (*end == 0 && !for_ever) return;
  const bool v4 = fields[3] == "ipv4";
  const auto mac = v4 ? mac_of_digits(id) : mac_of_duid(id);
  const std::string name = fields[4].starts_with(kRefusedName) ? "" : name_of(fields[4]);
  for (std::size_t i = kFirstAddress; i < fields.size(); ++i) {
    const auto address = host_address(fields[i]);
    if (!address || address->is_v4() != v4) continue;
    if (!mac) {
      ++out.unplaced;
      return;
    }
    out.add({std::string(fields[1]), *mac, *address, end_of(*end), name, v4 ? "" : id});
  }
}

}  // namespace gatewitness::leases
