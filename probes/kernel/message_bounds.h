// SPDX-License-Identifier: Apache-2.0
//
// Whether a netlink message is there as a whole. libmnl's own check takes the length for a signed number and
// lets one of 2 GiB and more pass. Used by the socket before it hands a message out, and by the parsers'
// tests.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>

namespace gatewitness::kernel {

// rest: bytes from the header's first on.
inline bool is_whole(const nlmsghdr* message, std::size_t rest) {
  return rest >= sizeof(nlmsghdr) && message->nlmsg_len >= sizeof(nlmsghdr) && message->nlmsg_len <= rest;
}

// To the message behind; the last one may lack its padding.
inline std::size_t aligned_length(const nlmsghdr* message, std::size_t rest) {
  return std::min<std::size_t>(NLMSG_ALIGN(std::size_t{message->nlmsg_len}), rest);
}

}  // namespace gatewitness::kernel
