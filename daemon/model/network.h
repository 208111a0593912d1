// SPDX-License-Identifier: Apache-2.0
//
// What is LAN and what is mail, and what the owner says of his devices. Plain values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/wire/ip.h"

namespace gatewitness {

// A role that the owner gives to a device, which always wins over what was learned.
enum class Role : uint8_t {
  kNone = 0,
  kMailServer = 1,     // delivers to the world: policy does not apply, bursts are judged by its own normal
  kSmarthostUser = 2,  // mails through one server
  kAppliance = 3,      // never mails directly
};
std::optional<Role> parse_role(std::string_view text);  // "mail-server", "smarthost-user", "appliance"
std::string_view to_string(Role role);                  // "" for kNone

struct OwnerNote {
  std::string name;  // "" if the owner gave none
  Role role = Role::kNone;
};

struct NetworkOptions {
  // Addresses of the home, besides what the kernel probe reports and RFC 1918, 4193, 6598 and link-local
  // ones.
  std::vector<Prefix> lan_prefixes;
  std::vector<uint16_t> mail_ports = {25, 465, 587, 2525};

  bool is_mail_port(uint16_t port) const {
    return std::find(mail_ports.begin(), mail_ports.end(), port) != mail_ports.end();
  }
};

}  // namespace gatewitness
