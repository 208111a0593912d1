// SPDX-License-Identifier: Apache-2.0
//
// The input is a DNS message over UDP, and again a segment of DNS over TCP.
#include "tests/fuzz/identity_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace gatewitness::dissect::fuzz;
  const std::span<const uint8_t> payload(data, size);
  read(packet(payload, true, gatewitness::kProtocolUdp, 50000, 53));
  if (!payload.empty()) read(packet(payload, true, gatewitness::kProtocolTcp, 50000, 53));
  return 0;
}
