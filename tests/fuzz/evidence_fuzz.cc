// SPDX-License-Identifier: Apache-2.0
//
// Evidence files from anybody: read without a fault, and nothing that was not signed is called whole.
#include <cstdint>
#include <cstdlib>

#include "daemon/evidence/bundle.h"
#include "daemon/evidence/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gatewitness::evidence;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const PublicKey nobodys{};
  if (verify(bytes, nobodys).whole()) std::abort();
  (void)verify(bytes, std::nullopt);
  (void)count_frames(bytes);
  return 0;
}
