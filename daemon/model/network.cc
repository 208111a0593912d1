// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/network.h"

#include <array>
#include <utility>

namespace gatewitness {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 3> kRoles = {
    {{Role::kMailServer, "mail-server"},
     {Role::kSmarthostUser, "smarthost-user"},
     {Role::kAppliance, "appliance"}}};

}  // namespace

std::optional<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoles) {
    if (text == name) return role;
  }
  return std::nullopt;
}

std::string_view to_string(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) return name;
  }
  return "";
}

}  // namespace gatewitness
