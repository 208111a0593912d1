// SPDX-License-Identifier: Apache-2.0
//
// Every record that travels from a probe to the daemon, as plain values. This and codec.h are the whole
// CONTRACT between probes/ and daemon/; schema.cddl (RFC 8610) says the same for other languages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "probes/wire/attempt.h"

namespace gatewitness::wire {

// NAT as the kernel did it (conntrack): which outside tuple an inside tuple had, and when.
struct Binding {
  uint64_t id = 0;                 // conntrack id, unique while the entry lives
  FiveTuple inside;                // original direction: device -> remote
  FiveTuple outside;               // as the remote sees it: public endpoint -> remote (reply tuple, reversed)
  Timestamp started;               // kernel timestamp where there is one, else when the event was read
  std::optional<Timestamp> ended;  // set by the destroy event
  bool from_dump = false;          // existed before the probe did: started is a latest-possible time
  bool gateway_origin = false;     // the inside source is an address of the gateway itself
  bool replied = false;            // packets were seen in both directions
  bool assured = false;
  bool offloaded = false;  // in a software or hardware flow table: payload is not seen
  std::string tcp_state;   // "SYN_SENT", "ESTABLISHED", ...; "" if not known
};

enum class ClaimSource : uint8_t {
  kDhcp = 0,       // DHCPACK
  kDhcpv6 = 1,     // Reply with an IA address
  kArp = 2,        // sender fields of an ARP packet
  kNd = 3,         // NS/NA/RS with link-layer option, or the frame's source of a DAD-confirmed NA
  kNeighbour = 4,  // the kernel's neighbour table
  kLease = 5,      // a lease file of the gateway's own DHCP server
};

// "From this time on, this address belonged to this MAC", and what says so.
struct AddressClaim {
  std::string interface;
  MacAddress mac;
  IpAddress address;
  ClaimSource source = ClaimSource::kArp;
  std::optional<uint32_t> lease_s;  // how long the claim is good for, if the source says
  bool withdrawn = false;           // released, expired or replaced: it ends now
  bool is_router = false;           // ND router flag
};

enum class FactKind : uint8_t {
  kDhcpHostName = 0,           // option 12
  kDhcpVendorClass = 1,        // option 60
  kDhcpParameters = 2,         // option 55 as decimal numbers joined by ','
  kDhcpClientId = 3,           // option 61 in hex; DHCPv6: the DUID in hex
  kDhcpFqdn = 4,               // option 81, DHCPv6 option 39
  kMdnsName = 5,               // host name that the device answers for, without ".local"
  kMdnsService = 6,            // "_ipp._tcp" and the like
  kMdnsModel = 7,              // TXT model=, md=, ty=, product=, rmodel ...: "key=value"
  kSsdpServer = 8,             // SERVER header
  kSsdpType = 9,               // NT/ST header: device or service type
  kSynFingerprint = 10,        // TCP SYN fingerprint
  kUserAgentOfSsdp = 11,       // USER-AGENT header of M-SEARCH
  kDhcpRequestedAddress = 12,  // option 50 as text
  kSmtpEhlo = 13,              // EHLO or HELO of the device's own mail attempts
  kStaticName = 14,            // given by the gateway's owner: /etc/ethers
  kDnsCloud = 15,  // asked DNS for a maker's cloud: that domain of conf/devices.yaml, never the whole name
};

// Something that a device said of itself, or (kStaticName) the gateway's owner of it. Attacker-controlled
// text: bytes as they came, at most kMaxText.
struct IdentityFact {
  std::string interface;
  MacAddress mac;
  std::optional<IpAddress> address;  // source address of the packet, if it had a specified one
  FactKind kind = FactKind::kDhcpHostName;
  std::string value;
  bool on_record = false;  // read in the gateway's records: the device itself was not heard
};

// A device asked DNS for a domain's mail exchangers.
struct MxQuery {
  std::string interface;
  MacAddress mac;
  IpAddress address;
  std::string name;  // lower case, no final dot, at most kMaxEhlo bytes, bytes as they came
};

enum class GapReason : uint8_t {
  kKernelDrop = 0,     // pcap_stats: ring full
  kProbeStart = 1,     // nothing was seen before this moment
  kNetlinkLoss = 2,    // ENOBUFS on a netlink socket; a dump followed
  kInterfaceDown = 3,  // interface gone, or its capture had to be opened anew
  kQueueFull = 4,      // records dropped because the daemon did not read them
  kTableFull = 5,      // flows evicted while still alive
  kSequence = 6,       // made by the daemon: numbers missing in a probe's sequence
};

// Between from and to something was not seen. count is packets, events or records, as the reason says;
// 0 if it is not known how many.
struct CaptureGap {
  std::string interface;  // "" if it concerns all of the probe
  Timestamp from;
  Timestamp to;
  GapReason reason = GapReason::kKernelDrop;
  uint64_t count = 0;
};

// An address of the gateway itself: tells LAN from WAN, and the gateway from its devices.
struct LocalAddress {
  std::string interface;
  MacAddress mac;  // zero for an interface without one (ppp)
  IpAddress address;
  uint8_t prefix_length = 0;
  bool removed = false;
};

struct InterfaceStatus {
  std::string name;
  bool up = false;
  uint64_t received = 0;  // packets that passed the kernel filter, since the probe's start
  uint64_t dropped = 0;   // packets that the kernel dropped for want of room
};

struct Counter {
  std::string name;  // snake_case, documented beside the code that counts it
  uint64_t value = 0;
};

// A probe's sign of life, at start, every heartbeat and at a clean end.
struct ProbeStatus {
  uint64_t pid = 0;
  bool stopping = false;
  bool sandboxed = false;  // seccomp is loaded
  std::string note;        // what the owner should know, e.g. "kernel without seccomp"
  std::vector<InterfaceStatus> interfaces;
  std::vector<Counter> counters;
};

// A frame of an attempt as evidence: its headers whole, of its payload at most what proves the dialogue (a
// reply's code, a command's verb). The header's time is when it was captured.
struct Frame {
  uint64_t attempt = 0;  // Attempt::id of the same probe and epoch
  std::string interface;
  uint16_t link = 1;    // LINKTYPE_ number (https://www.tcpdump.org/linktypes.html)
  uint32_t length = 0;  // on the wire
  bool from_client = false;
  std::string bytes;  // at most kMaxEhlo
};

using Record = std::variant<Attempt, Binding, AddressClaim, IdentityFact, MxQuery, CaptureGap, LocalAddress,
                            ProbeStatus, Frame>;

// Stands before every record. sequence starts at 0 with each epoch and counts every record the probe made,
// also those it could not deliver: a hole is a known loss.
struct Header {
  std::string probe;   // "capture", "kernel", or a stranger's name; 1 to 32 bytes of [a-z0-9_.:-]
  uint64_t epoch = 0;  // changes at each start of the probe
  uint64_t sequence = 0;
  Timestamp time;  // capture time, or when the kernel event was read
};

struct Envelope {
  Header header;
  Record record;
};

}  // namespace gatewitness::wire
