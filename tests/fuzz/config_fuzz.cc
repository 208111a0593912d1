// SPDX-License-Identifier: Apache-2.0
//
// Any text is a configuration or a list of errors with places in it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = gatewitness::config::parse(text);
  if (config) return 0;
  if (config.error().empty() || config.error().size() > gatewitness::config::kMaxErrors) std::abort();
  for (const auto& error : config.error())
    if (error.line == 0 || error.column == 0 || error.text.empty()) std::abort();
  return 0;
}
