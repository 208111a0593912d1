// SPDX-License-Identifier: Apache-2.0
//
// The filter that decides what user space ever sees, as a classic BPF program: pure function of link type and
// ports. The kernel runs it on live sockets (where it is locked), bpf_filter(3) runs the same program on the
// records of files.
//
// What passes:
//  - TCP from or to a mail port; TCP on any port whose payload begins with an SMTP verb or a reply ("250 ",
//  "250-")
//  - DHCP, DHCPv6, mDNS, SSDP, DNS queries (to port 53), ARP, ND (RS, RA, NS, NA)
//  - ICMP and ICMPv6 "unreachable" that quotes TCP to or from a mail port: the answer to an attempt
//  - of fragments: the first by the rules above; later ones carry no ports, so of TCP all pass (TCP is hardly
//  ever
//    fragmented) and of UDP none (what we read over UDP fits a frame, and QUIC or games would pass else)
// all of it over IPv4 with options, over IPv6 with up to kMaxIpv6Headers extension headers, behind up to
// kMaxVlanTags VLAN tags in the frame (live, the kernel has taken the outer one away: that frame just looks
// untagged) and inside a PPPoE session. What cannot be read far enough does not pass.
#pragma once

#include <pcap/pcap.h>

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "probes/dissect/frame.h"

namespace gatewitness::capture {

inline constexpr std::array<uint16_t, 4> kMailPorts = {25, 465, 587, 2525};
inline constexpr std::size_t kMaxExtraPorts = 16;
inline constexpr unsigned kMaxVlanTags = 2;
inline constexpr unsigned kMaxIpv6Headers = 3;
// Bytes of a frame that pass: longer than any frame but a BIG TCP aggregate.
inline constexpr uint32_t kSnapLength = 65535;

// extra_ports beside kMailPorts; duplicates are harmless. More than kMaxExtraPorts distinct ones, or port 0,
// are an error.
std::expected<std::vector<bpf_insn>, std::string> mail_filter(dissect::LinkType link,
                                                              std::span<const uint16_t> extra_ports = {});

}  // namespace gatewitness::capture
