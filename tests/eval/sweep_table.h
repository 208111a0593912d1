// SPDX-License-Identifier: Apache-2.0
//
// How near a threshold is to its edge: what other values of it would find and cry. PURE.
#pragma once

#include <string>

#include "tests/eval/table.h"

namespace gatewitness::eval {

// A table in Markdown: its head with a row for the settings as they are, and a row for each value that was
// tried, which names the kinds of home that fare differently from how they do now.
std::string sweep_head(const Tally& as_it_is);
std::string sweep_row(const std::string& key, const std::string& value, const Tally& tried,
                      const Tally& as_it_is);

}  // namespace gatewitness::eval
