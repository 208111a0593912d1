// SPDX-License-Identifier: Apache-2.0
//
// A browser's or a UnifiedPush application's subscription as an outlet: encrypted to it, signed by us.
// Private to this folder.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "daemon/notify/outlet.h"

namespace gatewitness::notify {

// Makes our signing key at the first start.
std::expected<std::unique_ptr<Outlet>, std::string> make_web_push_outlet(const alert::Channel& channel,
                                                                         const OutletParts& parts);

}  // namespace gatewitness::notify
