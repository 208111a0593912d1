// SPDX-License-Identifier: Apache-2.0
//
// The input is an mDNS message, over IPv4 and IPv6.
#include "tests/fuzz/identity_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace gatewitness::dissect::fuzz;
  const std::span<const uint8_t> payload(data, size);
  read(packet(payload, true, gatewitness::kProtocolUdp, 5353, 5353));
  read(packet(payload, true, gatewitness::kProtocolUdp, 5353, 5353, true));
  return 0;
}
