// SPDX-License-Identifier: Apache-2.0
//
// Where the capture probe's records go: all of them to the daemon, and those attempts that are mail on a port
// that is not a mail port also to the kernel probe, which looks up their NAT binding. Made before the
// sandbox, connected after it. Owned by main.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "probes/capture/probe_options.h"
#include "probes/dissect/dissector.h"
#include "probes/process/publisher.h"
#include "probes/process/zmq_socket.h"

namespace gatewitness::capture {

// Whether the kernel probe must be told of this attempt to find its binding.
bool is_hint(const wire::Record& record, const std::vector<uint16_t>& mail_ports);

class RecordOutlet {
 public:
  // patient: a full queue is waited for (files), for a while, instead of dropping at once (live).
  std::expected<void, std::string> connect(process::ZmqContext& context, const ProbeOptions& options,
                                           bool patient);
  // Before connect() there is nobody to tell, and nothing to tell either.
  void publish(Timestamp time, const wire::Record& record);

  // Beside the dissector's: records_published, records_dropped.
  std::vector<wire::Counter> counters() const;

 private:
  std::optional<process::Publisher> daemon_;
  std::optional<process::Publisher> hints_;
  std::vector<uint16_t> mail_ports_;
};

}  // namespace gatewitness::capture
