// SPDX-License-Identifier: Apache-2.0
//
// The table of makers by MAC, mapped from its file: only the pages that are asked for cost memory. WORLD.
#pragma once

#include <expected>
#include <string>

#include "daemon/identity/oui_table.h"

namespace gatewitness::control {

// path "": where the build installs it; none there is no error, and knows nobody. The error is one line.
std::expected<OuiTable, std::string> vendor_table(const std::string& path);

}  // namespace gatewitness::control
