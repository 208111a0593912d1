// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/dns_clouds.h"

namespace gatewitness::dissect {

std::string_view cloud_of(std::string_view name) {
  for (const std::string_view cloud : dns_clouds()) {
    if (!name.ends_with(cloud)) continue;
    if (name.size() == cloud.size() || name[name.size() - cloud.size() - 1] == '.') return cloud;
  }
  return {};
}

}  // namespace gatewitness::dissect
