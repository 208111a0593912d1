// SPDX-License-Identifier: Apache-2.0
//
// What somebody says of our public address, in flags or in a report, as an inquiry. Used by attribute and
// export.
#pragma once

#include <expected>
#include <string>

#include "daemon/inquiry/inquiry.h"
#include "daemon/report/reader.h"
#include "probes/process/flags.h"

namespace gatewitness::cli {

struct InquiryFlags {
  std::string public_address, at, destination, skew;
  std::string queue_id, helo;
  uint64_t port = 0, destination_port = 0;

  void add_to(process::Flags& flags);
  // Whether they say anything that a report would say; --public-address and --skew help to read one.
  bool any() const;
  std::expected<Duration, std::string> skew_time() const;
  // In the words of the control socket, whose checks they pass. The error is one line.
  std::expected<Inquiry, std::string> inquiry(Duration skew) const;
};

Inquiry inquiry_of(const report::Claim& claim, Duration skew);

}  // namespace gatewitness::cli
