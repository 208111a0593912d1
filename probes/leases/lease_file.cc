// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/lease_file.h"

#include "probes/leases/dnsmasq.h"
#include "probes/leases/fields.h"
#include "probes/leases/lines.h"
#include "probes/leases/odhcpd.h"

namespace gatewitness::leases {

LeaseList read_leases(std::string_view text) {
  LeaseList out;
  for_each_line(text, [&](std::string_view line) {
    const Fields fields(line);
    if (fields.size() == 0 || IpAddress::parse(fields[0])) return;  // for /etc/hosts
    if (fields[0].starts_with('#'))
      read_odhcpd_line(line, out);
    else
      read_dnsmasq_line(line, out);
  });
  return out;
}

}  // namespace gatewitness::leases
