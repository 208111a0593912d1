// SPDX-License-Identifier: Apache-2.0
//
// The input is an SSDP message.
#include "tests/fuzz/identity_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace gatewitness::dissect::fuzz;
  const std::span<const uint8_t> payload(data, size);
  read(packet(payload, true, gatewitness::kProtocolUdp, 50000, 1900));
  return 0;
}
