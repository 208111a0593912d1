// SPDX-License-Identifier: Apache-2.0
//
// The SMTP session under two hostile sides. Input: one byte of flags, then turns: a byte for the kind (bit 0:
// server, bit 1: gap), a byte for the length, that many bytes. Beside not crashing: every list keeps its cap,
// kNo is final, and how the stream was cut into spans does not show.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/dissect/smtp_session.h"

using namespace gatewitness;
using dissect::SmtpSession;

namespace {

void require(bool fact) {
  if (!fact) std::abort();
}

void check_caps(const wire::SmtpDialogue& d) {
  require(d.banner.size() <= wire::kMaxText && d.ehlo.size() <= wire::kMaxEhlo &&
          d.sni.size() <= wire::kMaxText);
  require(d.mail_from_domains.size() <= wire::kMaxDomains && d.sender_hashes.size() <= wire::kMaxHashes);
  require(d.recipient_hashes.size() <= wire::kMaxHashes && d.refusals.size() <= wire::kMaxRefusals);
  require(d.queue_ids.size() <= wire::kMaxQueueIds && d.auth_mechanism.size() <= wire::kMaxText);
  for (const auto& domain : d.mail_from_domains) require(domain.size() <= wire::kMaxText);
  for (const auto& id : d.queue_ids)
    require(id.size() <= wire::kMaxText && id.find('@') == std::string::npos);
  for (const auto& refusal : d.refusals) require(refusal.list.size() <= wire::kMaxText && refusal.count > 0);
  require(d.rcpt_accepted + d.rcpt_refused <= d.replies_2xx + d.replies_4xx + d.replies_5xx);
  require(d.messages_accepted <= d.replies_2xx && d.auth_succeeded <= d.replies_2xx);
}

void check_same(const wire::SmtpDialogue& a, const wire::SmtpDialogue& b) {
  require(a.greeting_code == b.greeting_code && a.banner == b.banner && a.ehlo == b.ehlo);
  require(a.ehlo_names == b.ehlo_names && a.mail_from_domains == b.mail_from_domains);
  require(a.sender_hashes == b.sender_hashes && a.recipient_hashes == b.recipient_hashes);
  require(a.mail_commands == b.mail_commands && a.rcpt_commands == b.rcpt_commands);
  require(a.rcpt_accepted == b.rcpt_accepted && a.rcpt_refused == b.rcpt_refused);
  require(a.data_commands == b.data_commands && a.bdat_commands == b.bdat_commands);
  require(a.messages_accepted == b.messages_accepted && a.messages_refused == b.messages_refused);
  require(a.refusals == b.refusals && a.queue_ids == b.queue_ids && a.auth_tried == b.auth_tried);
  require(a.auth_failed == b.auth_failed && a.auth_succeeded == b.auth_succeeded);
  require(a.auth_identity_hash == b.auth_identity_hash && a.tls == b.tls && a.sni == b.sni &&
          a.dialect == b.dialect);
}

void say(SmtpSession& session, bool server, std::span<const uint8_t> bytes, std::size_t step) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(part.size());
    const bool was_no = session.is_mail() == wire::IsMail::kNo;
    server ? session.server_bytes(part) : session.client_bytes(part);
    if (was_no) require(session.is_mail() == wire::IsMail::kNo);
  }
}

SmtpSession converse(std::span<const uint8_t> input, std::size_t step) {
  SmtpSession session({}, (input[0] & 1) != 0);
  input = input.subspan(1);
  while (input.size() >= 2) {
    const uint8_t kind = input[0];
    const std::size_t length = input[1];
    input = input.subspan(2);
    if ((kind & 2) != 0) {
      (kind & 1) != 0 ? session.server_gap(length) : session.client_gap(length);
      continue;
    }
    const auto bytes = input.first(std::min(length, input.size()));
    input = input.subspan(bytes.size());
    say(session, (kind & 1) != 0, bytes, step);
  }
  session.finish();
  return session;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto whole = converse({data, size}, 256);
  check_caps(whole.dialogue());
  // On a port of implicit TLS the first span decides with as much of a record header as it holds.
  if ((data[0] & 1) != 0) return 0;
  const auto pieces = converse({data, size}, 1);
  check_same(whole.dialogue(), pieces.dialogue());
  require(whole.is_mail() == pieces.is_mail() && whole.at_least() == pieces.at_least());
  return 0;
}
