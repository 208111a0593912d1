// SPDX-License-Identifier: Apache-2.0
//
// A SYN's fingerprint in the manner of p0f v3: what an operating system's TCP stack writes into it before
// the peer said anything. Pure.
#pragma once

#include <string>

#include "probes/dissect/frame.h"

namespace gatewitness::dissect {

// "version:initial_ttl:mss:window,scale:option,option,...:quirks", e.g.
// "4:64:1460:mss*44,7:mss,sok,ts,nop,ws:df". initial_ttl is the next of 32, 64, 128, 255. Empty if the packet
// is not a SYN (without ACK). At most 128 bytes.
std::string syn_fingerprint(const Packet& packet);

}  // namespace gatewitness::dissect
