// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_session.h"

namespace gatewitness::dissect {

struct SmtpSession::State {
  wire::SmtpDialogue dialogue;
  bool at_least = false;
  uint64_t changes = 0;
};

SmtpSession::SmtpSession(const HashKey& /*key*/, bool /*expect_implicit_tls*/)
    : state_(std::make_unique<State>()) {}
SmtpSession::~SmtpSession() = default;
SmtpSession::SmtpSession(SmtpSession&&) noexcept = default;
SmtpSession& SmtpSession::operator=(SmtpSession&&) noexcept = default;

void SmtpSession::client_bytes(std::span<const uint8_t> /*bytes*/) {}
void SmtpSession::client_gap(uint64_t /*bytes*/) { state_->at_least = true; }
void SmtpSession::server_bytes(std::span<const uint8_t> /*bytes*/) {}
void SmtpSession::server_gap(uint64_t /*bytes*/) { state_->at_least = true; }
void SmtpSession::finish() {}

wire::IsMail SmtpSession::is_mail() const { return wire::IsMail::kUnknown; }
bool SmtpSession::has_dialogue() const { return false; }
const wire::SmtpDialogue& SmtpSession::dialogue() const { return state_->dialogue; }
bool SmtpSession::at_least() const { return state_->at_least; }
bool SmtpSession::opaque() const { return false; }
uint64_t SmtpSession::change_counter() const { return state_->changes; }

}  // namespace gatewitness::dissect
