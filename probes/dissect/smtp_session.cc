// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_session.h"

#include <sodium.h>

#include <algorithm>

#include "probes/dissect/bytes.h"
#include "probes/dissect/smtp_machine.h"

namespace gatewitness::dissect {

using wire::IsMail;
using wire::Tls;

static_assert(std::tuple_size_v<HashKey> == crypto_shorthash_KEYBYTES);

uint64_t SmtpMachine::keyed_hash(std::string_view text) const {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  std::array<uint8_t, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), as_bytes(lowered).data(), lowered.size(), key_.data());
  sodium_memzero(lowered.data(), lowered.size());
  const auto hash = ByteReader(out).little_endian<uint64_t>();
  return hash == 0 ? 1 : hash;  // 0 says "not seen" on the wire
}

void SmtpMachine::lose() {
  at_least_ = true;
}

bool SmtpMachine::has_dialogue() const {
  const bool tls = dialogue_.tls == Tls::kStarted || dialogue_.tls == Tls::kImplicit;
  return is_mail_ != IsMail::kNo && (tls || commands_ > 0 || reply_count_ > 0);
}

bool SmtpMachine::at_least() const {
  // A greeting or a first command alone is nothing odd yet.
  const bool one_sided = (!server_seen_ && commands_ > 1) || (!client_seen_ && reply_count_ > 1);
  return at_least_ || one_sided;
}

void SmtpMachine::decide(IsMail is_mail) {
  if (is_mail_ == is_mail || is_mail_ == IsMail::kNo) return;
  is_mail_ = is_mail;
  changed();
  if (is_mail != IsMail::kNo) return;
  client_ = Client::kOpaque;
  server_opaque_ = true;
  client_lines_.clear();
  server_lines_.clear();
  hello_.reset();
}

void SmtpMachine::start_tls(Tls how) {
  dialogue_.tls = how;
  lose();
  // With implicit TLS the server's first bytes are still looked at: they may contradict.
  server_opaque_ = how == Tls::kStarted || server_seen_;
  server_lines_.clear();
  client_lines_.clear();
  pending_.clear();
  client_ = client_ == Client::kOpaque ? Client::kOpaque : Client::kHello;
  if (!hello_) hello_ = std::make_unique<ClientHelloReader>();
  changed();
}

// Both sides, or one with the other silent to the end, must speak something else: a flow that was joined
// inside a TLS record looks strange on one side only.
void SmtpMachine::implicit_tls_contradicted() {
  if (dialogue_.tls == Tls::kImplicit) return;
  if (client_ == Client::kOpaque && server_opaque_) decide(IsMail::kNo);
}

void SmtpMachine::finish() {
  if (is_mail_ == IsMail::kNo) return;
  const bool strange = client_ == Client::kOpaque || server_opaque_;
  if (expect_tls_ && strange && dialogue_.tls != Tls::kImplicit && !has_dialogue()) {
    decide(IsMail::kNo);
    return;
  }
  if (has_dialogue() && client_seen_ != server_seen_) lose();
  const bool lost_sight = client_ == Client::kHello || client_ == Client::kOpaque || at_least_;
  const bool turned_away = last_code_ == 421 || last_code_ == 554 || last_code_ == 521;
  if (dialogue_.mail_commands > 0 && !quit_ && !lost_sight && !turned_away) trait(wire::kNoQuit);
  client_lines_.clear();
  server_lines_.clear();
}

struct SmtpSession::State {
  SmtpMachine machine;
};

SmtpSession::SmtpSession(const HashKey& key, bool expect_implicit_tls)
    : state_(new State{SmtpMachine(key, expect_implicit_tls)}) {}
SmtpSession::~SmtpSession() = default;
SmtpSession::SmtpSession(SmtpSession&&) noexcept = default;
SmtpSession& SmtpSession::operator=(SmtpSession&&) noexcept = default;

void SmtpSession::client_bytes(std::span<const uint8_t> bytes) {
  state_->machine.client_bytes(bytes);
}
void SmtpSession::client_gap(uint64_t bytes) {
  state_->machine.client_gap(bytes);
}
void SmtpSession::server_bytes(std::span<const uint8_t> bytes) {
  state_->machine.server_bytes(bytes);
}
void SmtpSession::server_gap(uint64_t bytes) {
  state_->machine.server_gap(bytes);
}
void SmtpSession::finish() {
  state_->machine.finish();
}

IsMail SmtpSession::is_mail() const {
  return state_->machine.is_mail();
}
bool SmtpSession::has_dialogue() const {
  return state_->machine.has_dialogue();
}
const wire::SmtpDialogue& SmtpSession::dialogue() const {
  return state_->machine.dialogue();
}
bool SmtpSession::at_least() const {
  return state_->machine.at_least();
}
bool SmtpSession::opaque() const {
  return state_->machine.opaque();
}
uint64_t SmtpSession::change_counter() const {
  return state_->machine.changes();
}

}  // namespace gatewitness::dissect
