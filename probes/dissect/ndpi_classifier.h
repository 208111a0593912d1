// SPDX-License-Identifier: Apache-2.0
//
// nDPI behind one door: which protocol a flow speaks, also on a strange port, also what only pretends to be
// mail. nDPI's API differs between 4.2, 4.6-4.8, 4.10 and 5.x; ndpi_shim.h hides the differences, chosen by
// meson's compile checks. Owned by the dissector: one classifier per process (a detection module costs about
// 6 MB), one NdpiFlow per flow while undecided; flows must end before their classifier. Built without nDPI
// (-Dndpi=disabled) every call answers "not known".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "probes/wire/time.h"

namespace gatewitness::dissect {

// What one flow may cost: nDPI is asked no more after so many packets, and the flow counts as decided.
inline constexpr unsigned kMaxNdpiPayloadPackets = 8;
inline constexpr unsigned kMaxNdpiPackets = 24;  // also those without payload

struct Classification {
  std::string application;  // master protocol's name, e.g. "SMTP", "SMTPS", "TLS", "OpenVPN", "FTP_CONTROL";
                            // "" unknown
  bool decided = false;     // no further packet will change it; the flow's memory is given back
};

class NdpiFlow;  // opaque

class NdpiClassifier {
 public:
  NdpiClassifier();
  ~NdpiClassifier();
  NdpiClassifier(NdpiClassifier&&) noexcept;
  NdpiClassifier& operator=(NdpiClassifier&&) noexcept;

  // False: built without nDPI, or its module could not be made, or the library is not of the headers'
  // version.
  bool available() const;
  struct FlowDeleter {
    void operator()(NdpiFlow* flow) const noexcept;
  };
  using FlowHandle = std::unique_ptr<NdpiFlow, FlowDeleter>;
  // nullptr if not available.
  FlowHandle new_flow() const;
  // ip_packet: from the IP header on, in the order of capture. Copied words of credentials that nDPI keeps in
  // the flow are wiped before return. Only what was found by looking at payload counts, never a guess from
  // port or address.
  Classification packet(NdpiFlow& flow, std::span<const uint8_t> ip_packet, Timestamp time, bool from_client);
  // No more packets will come: nDPI's best answer from the payload that it saw.
  Classification give_up(NdpiFlow& flow);
  static std::string version();  // of the library at run time, "" without

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatewitness::dissect
