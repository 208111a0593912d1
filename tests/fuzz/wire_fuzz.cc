// SPDX-License-Identifier: Apache-2.0
//
// Any bytes are a record or a named fault. A record survives being sent on, and is one harmless line of JSON.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "probes/wire/codec.h"

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace gatewitness::wire;
  const auto record = decode(std::span(data, size));
  if (!record) {
    require(!record.error().detail.empty());
    require((record.error().fault == DecodeFault::kTooLong) == (size > kMaxMessage));
    return 0;
  }
  const auto sent_on = encode(*record);
  require(sent_on.size() <= size);  // ours is the shortest form, so nothing had to be left out
  const auto again = decode(sent_on);
  require(again.has_value());
  require(encode(*again) == sent_on);
  const std::string line = to_json_line(*record);
  require(line == to_json_line(*again));
  for (const char c : line) require(c >= 0x20 && c < 0x7f);
  return 0;
}
