// SPDX-License-Identifier: Apache-2.0
//
// The SMTP dialogue of one flow as a state machine (RFC 5321; 2920 PIPELINING, 3030 CHUNKING, 3207 STARTTLS,
// 4954 AUTH, 6152, 6531, 2033 LMTP). Fed with the in-order bytes and gaps of both directions, it keeps counts
// and short texts, skips message content at the speed of memory, and never keeps credentials, local parts,
// subjects or bodies. One per flow, owned by the flow.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "probes/wire/attempt.h"

namespace gatewitness::dissect {

// 128-bit key of the keyed hashes of addresses and login names (SipHash-2-4, crypto_shorthash).
using HashKey = std::array<uint8_t, 16>;

class SmtpSession {
 public:
  // expect_implicit_tls: the port is one where TLS comes first (465).
  SmtpSession(const HashKey& key, bool expect_implicit_tls);
  ~SmtpSession();
  SmtpSession(SmtpSession&&) noexcept;
  SmtpSession& operator=(SmtpSession&&) noexcept;

  void client_bytes(std::span<const uint8_t> bytes);
  void client_gap(uint64_t bytes);
  void server_bytes(std::span<const uint8_t> bytes);
  void server_gap(uint64_t bytes);
  // The flow ended (FIN, RST, time-out, end of capture).
  void finish();

  // Whether what was said so far is mail. kNo is final; kYes may come after kUnknown.
  wire::IsMail is_mail() const;
  // Anything worth publishing: a line of a dialogue, or TLS.
  bool has_dialogue() const;
  const wire::SmtpDialogue& dialogue() const;
  // Counts are lower bounds from here on (TLS, gaps inside the dialogue, caps).
  bool at_least() const;
  // After this no byte changes anything: the flow may stop buffering.
  bool opaque() const;
  // Changes whenever the dialogue changed in a way that a reader wants to know at once: the first line, EHLO,
  // each MAIL, RCPT refusal, message result, AUTH result, TLS start. The flow publishes when it moved.
  uint64_t change_counter() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gatewitness::dissect
