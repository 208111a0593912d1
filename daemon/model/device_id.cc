// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/device_id.h"

namespace gatewitness {

std::optional<DeviceId> DeviceId::parse(std::string_view text) {
  if (text == "gateway") return gateway();
  if (const auto mac = MacAddress::parse(text)) return of(*mac);
  if (const auto address = IpAddress::parse(text)) return of(*address);
  return std::nullopt;
}

std::string to_string(const DeviceId& id) {
  switch (id.kind) {
    case DeviceId::Kind::kGateway:
      return "gateway";
    case DeviceId::Kind::kMac:
      return to_string(id.mac);
    case DeviceId::Kind::kAddress:
      return to_string(id.address);
  }
  return "";
}

}  // namespace gatewitness
