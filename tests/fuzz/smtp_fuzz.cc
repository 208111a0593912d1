// SPDX-License-Identifier: Apache-2.0
//
// The SMTP session under two hostile sides. Input: one byte of flags, then turns: a byte for the kind (bit 0:
// server, bit 1: gap), a byte for the length, that many bytes. Beside not crashing: every list keeps its cap,
// kNo is final, and how the stream was cut into spans does not show.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/dissect/smtp_session.h"
#include "tests/fuzz/dialogue_checks.h"

using namespace gatewitness;
using dissect::SmtpSession;
using dissect::fuzz::check_caps;
using dissect::fuzz::check_same;
using dissect::fuzz::require;

namespace {

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
