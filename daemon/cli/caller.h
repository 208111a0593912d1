// SPDX-License-Identifier: Apache-2.0
//
// Where the person sits who gives this command: the address that he came from over SSH, so that nobody shuts
// himself out. Asked once, before the sandbox.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/wire/ip.h"

namespace gatewitness::cli {

// The first word of SSH_CONNECTION or SSH_CLIENT (sshd, dropbear), of this process or, because sudo takes
// them away, of one that it descends from. Nothing: he sits at the gateway itself, or nobody can tell.
std::optional<IpAddress> callers_address();

// Of a block of NUL-ended NAME=VALUE as /proc/PID/environ has it. A zone (fe80::1%br-lan) is left out.
std::optional<IpAddress> address_in_environment(std::string_view environment);

}  // namespace gatewitness::cli
