// SPDX-License-Identifier: Apache-2.0
//
// Which block list a refusal speaks of, by the words that lists and providers ask their users to put there,
// or that large providers use for their own lists. Pure; called by the classification of refusals.
#pragma once

#include <string>
#include <string_view>

namespace gatewitness::dissect {

// The list's name, e.g. "zen.spamhaus.org"; empty if none is named. lowered: the reply's text in lower case.
// Lists that the table does not know are named by the host behind "blocked using", "listed at" and the like.
std::string find_block_list(std::string_view lowered);

}  // namespace gatewitness::dissect
