// SPDX-License-Identifier: Apache-2.0
//
// One try of a device to hand mail to a remote server: one five-tuple (SYN retransmissions are the
// same attempt). The capture probe publishes it when it begins and again when something worth knowing
// changed; each publication is a whole snapshot that replaces the earlier one with the same (probe,
// epoch, id), so a lost message costs freshness and nothing else.
//
// What is never in here: message bodies, subjects, credentials, local parts of addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/wire/flow.h"
#include "probes/wire/mac.h"
#include "probes/wire/time.h"

namespace gatewitness::wire {

// What became of the TCP connection, in the order in which it can get better known.
enum class Outcome : uint8_t {
  kSynOnly = 0,      // nothing came back (yet)
  kRefused = 1,      // RST in answer to the SYN
  kUnreachable = 2,  // ICMP error in answer to the SYN
  kEstablished = 3,  // handshake seen, or payload of a flow that began before the capture
  kReset = 4,        // established, then torn down by RST
  kClosed = 5,       // established, then FIN from either side
};

// Whether the payload is mail. Ports alone never make it kYes.
enum class IsMail : uint8_t {
  kUnknown = 0,  // no payload seen yet
  kYes = 1,      // an SMTP or LMTP dialogue, or TLS on a submission port that nothing contradicts
  kNo = 2,       // another protocol on a mail port
};

enum class Tls : uint8_t { kNone = 0, kOffered = 1, kStarted = 2, kImplicit = 3 };

// What a 4xx or 5xx reply says; the first that fits, in this order.
enum class Refusal : uint8_t {
  kBlockList = 0,
  kUnknownUser = 1,
  kRateLimit = 2,
  kSpamContent = 3,
  kPolicy = 4,
  kAuth = 5,   // credentials refused, or authentication required
  kOther = 6,  // none of the above (syntax, local error, ...)
};

struct RefusalCount {
  Refusal kind = Refusal::kOther;
  uint16_t code = 0;  // the first such reply's code, e.g. 550
  std::string list;   // block list's name, e.g. "zen.spamhaus.org"; empty for other kinds
  uint32_t count = 0;
  auto operator<=>(const RefusalCount&) const = default;
};

// Dialect traits (Stringhini et al., "B@bel", 2012), as bits.
inline constexpr uint32_t kSpeaksBeforeBanner = 1U << 0;
inline constexpr uint32_t kRotatingEhlo = 1U << 1;  // more than one distinct EHLO name in the session
inline constexpr uint32_t kLiteralEhlo = 1U << 2;   // EHLO [192.0.2.1]
inline constexpr uint32_t kBareLf = 1U << 3;
inline constexpr uint32_t kIgnoresStarttls = 1U << 4;   // offered, not used, went on to MAIL
inline constexpr uint32_t kPipelinesUnasked = 1U << 5;  // pipelined without the server's offer
inline constexpr uint32_t kHeloNotEhlo = 1U << 6;
inline constexpr uint32_t kBadOrder = 1U << 7;  // MAIL before HELO, DATA before RCPT, ...
inline constexpr uint32_t kNoQuit = 1U << 8;    // ended without QUIT after a transaction

// Bytes and packets as seen on the LAN, of one direction. Payload bytes of TCP, not counting
// retransmissions; lost_bytes is what reassembly had to step over.
struct Traffic {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t lost_bytes = 0;
  auto operator<=>(const Traffic&) const = default;
};

// The SMTP dialogue (RFC 5321 and its extensions). Counts are exact unless Attempt::at_least.
struct SmtpDialogue {
  uint16_t greeting_code = 0;  // 220, 554, ...; 0: no greeting seen
  std::string banner;          // the greeting's text, at most kMaxText bytes, raw bytes from the wire
  std::string ehlo;            // last EHLO/HELO/LHLO argument
  uint32_t ehlo_names = 0;     // how many distinct ones
  std::vector<std::string> mail_from_domains;  // distinct, in order; "" stands for the null sender <>
  std::vector<uint64_t> sender_hashes;         // keyed hashes of distinct senders
  std::vector<uint64_t> recipient_hashes;      // keyed hashes of distinct recipients, at most kMaxHashes
  uint32_t senders = 0;                        // distinct ones, also beyond the lists' caps
  uint32_t recipients = 0;
  uint32_t mail_commands = 0;  // MAIL FROM
  uint32_t rcpt_commands = 0;  // RCPT TO
  uint32_t rcpt_accepted = 0;
  uint32_t rcpt_refused = 0;
  uint32_t data_commands = 0;      // DATA
  uint32_t bdat_commands = 0;      // BDAT, each chunk
  uint32_t messages_accepted = 0;  // final 2xx to a DATA or to BDAT LAST
  uint32_t messages_refused = 0;   // final 4xx/5xx to them, or to the DATA command itself
  uint32_t replies_2xx = 0;
  uint32_t replies_3xx = 0;
  uint32_t replies_4xx = 0;
  uint32_t replies_5xx = 0;
  std::vector<RefusalCount> refusals;  // one per (kind, list), at most kMaxRefusals
  std::vector<std::string> queue_ids;  // from final 250s, newest last, at most kMaxQueueIds
  uint32_t auth_tried = 0;
  uint32_t auth_failed = 0;
  uint32_t auth_succeeded = 0;
  std::string auth_mechanism;       // "PLAIN", "LOGIN", ...; never what follows it
  uint64_t auth_identity_hash = 0;  // keyed hash of the login name where it is visible; 0: not seen
  Tls tls = Tls::kNone;
  std::string sni;  // TLS server name, if the ClientHello shows one
  bool pipelining_offered = false;
  bool starttls_offered = false;
  uint32_t dialect = 0;  // the bits above
};

inline constexpr std::size_t kMaxText = 128;  // bytes of any one text from the wire
inline constexpr std::size_t kMaxEhlo = 255;  // RFC 5321 section 4.5.3.1.2
inline constexpr std::size_t kMaxHashes = 64;
inline constexpr std::size_t kMaxDomains = 8;
inline constexpr std::size_t kMaxRefusals = 8;
inline constexpr std::size_t kMaxQueueIds = 8;
inline constexpr std::size_t kMaxMacs = 4;

struct Attempt {
  uint64_t id = 0;          // unique within (probe, epoch)
  uint32_t revision = 0;    // 0 at the first publication, +1 at each later one
  bool final = false;       // the flow has ended or was given up; no further revision comes
  std::string interface;    // where it was captured, "file" for a capture file
  uint16_t vlan = 0;        // outermost 802.1Q id, 0: untagged
  MacAddress client_mac;    // source of the client's first frame; zero where the link has no MACs
  MacAddress next_hop_mac;  // where the client's frames went: the gateway, or the LAN peer
  std::vector<MacAddress> other_client_macs;  // further MACs that sent with the same source address
  uint8_t client_ttl = 0;                     // TTL or hop limit of the client's first packet
  FiveTuple flow;                             // source: the client
  Timestamp started;                          // first SYN, or first packet of a flow that was already there
  Timestamp last;                             // newest packet of either side
  Outcome outcome = Outcome::kSynOnly;
  uint32_t syns = 0;         // SYNs sent by the client, retransmissions counted
  bool mid_stream = false;   // the capture began after the flow did
  bool client_seen = false;  // any packet of the client / of the server was captured
  bool server_seen = false;
  IsMail is_mail = IsMail::kUnknown;
  std::string application;  // nDPI's name of the master protocol, "" if not (yet) known
  bool at_least = false;    // counts are lower bounds: TLS began, bytes are missing, a cap was hit,
                            // or one side was not captured
  std::optional<uint32_t> connect_us;  // SYN to SYN-ACK
  std::optional<uint32_t> banner_us;   // SYN-ACK to the first payload byte of the server
  std::string syn_fingerprint;         // "ttl:window,scale:mss:options", see probes/dissect/syn_fingerprint.h
  Traffic to_server;
  Traffic to_client;
  std::optional<SmtpDialogue> smtp;  // present once any line of a dialogue or TLS was seen
};

}  // namespace gatewitness::wire
