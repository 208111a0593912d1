// SPDX-License-Identifier: Apache-2.0
//
// The escapes that a place in a template may need. Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "daemon/alert/channel.h"

namespace gatewitness::alert {

std::string escaped(std::string_view text, Escape escape);

}  // namespace gatewitness::alert
