// SPDX-License-Identifier: Apache-2.0
//
// The input is a DHCPv4 message, read as a client's and as a server's.
#include "tests/fuzz/identity_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace gatewitness::dissect::fuzz;
  const std::span<const uint8_t> payload(data, size);
  read(packet(payload, true, gatewitness::kProtocolUdp, 68, 67));
  read(packet(payload, false, gatewitness::kProtocolUdp, 68, 67));
  return 0;
}
