// SPDX-License-Identifier: Apache-2.0
//
// A text's lines, one call each. Shared by this folder's readers.
#pragma once

#include <string_view>

namespace gatewitness::leases {

template <typename Take>
void for_each_line(std::string_view text, const Take& take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}

}  // namespace gatewitness::leases
