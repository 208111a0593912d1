// SPDX-License-Identifier: Apache-2.0
//
// nDPI behind one door: which protocol a flow speaks, also on a strange port, also what only pretends to be mail.
// The only file pair that includes nDPI, whose API differs between 4.2, 4.6-4.8, 4.10 and 5.x; meson's compile checks pick
// the variant. One classifier per process (a detection module costs about 7 MB); one NdpiFlow per flow while undecided.
// Built without nDPI (-Dndpi=disabled) every call answers "not known".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "probes/wire/time.h"

namespace gatewitness::dissect {

struct Classification {
  std::string application;  // master protocol's name, e.g. "SMTP", "SMTPS", "TLS", "OpenVPN", "FTP_CONTROL"; "" unknown
  bool decided = false;     // nDPI wants no more packets of this flow
};

class NdpiFlow;  // opaque

class NdpiClassifier {
 public:
  NdpiClassifier();
  ~NdpiClassifier();
  NdpiClassifier(NdpiClassifier&&) noexcept;
  NdpiClassifier& operator=(NdpiClassifier&&) noexcept;

  // False: built without nDPI, or its module could not be made.
  bool available() const;
  struct FlowDeleter { void operator()(NdpiFlow* flow) const noexcept; };
  using FlowHandle = std::unique_ptr<NdpiFlow, FlowDeleter>;
  FlowHandle new_flow() const;
  // ip_packet: from the IP header on. Copied words of credentials that nDPI keeps in the flow are wiped before return.
  Classification packet(NdpiFlow& flow, std::span<const uint8_t> ip_packet, Timestamp time, bool from_client);
  // No more packets will come: nDPI's best guess from what it saw (never from the port alone).
  Classification give_up(NdpiFlow& flow);
  static std::string version();  // of the library at run time, "" without

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatewitness::dissect
