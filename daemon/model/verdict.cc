// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/verdict.h"

#include <array>

namespace gatewitness {

std::string_view to_string(Kind kind) {
  static constexpr std::array<std::string_view, kKinds> kNames = {"direct-to-mx", "burst", "failed-contacts",
                                                                  "gateway-sends", "blind"};
  return kNames[static_cast<std::size_t>(kind) % kKinds];
}

}  // namespace gatewitness
