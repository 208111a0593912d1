// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/smtp/talk.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect::test {
namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() && &part == &parts.front() ? "" : ",") + part;
  return all;
}

std::string refusals(const std::vector<wire::RefusalCount>& counts) {
  constexpr std::string_view kKinds[] = {"block-list", "unknown-user", "rate", "spam",
                                         "policy",     "auth",         "other"};
  std::vector<std::string> parts;
  for (const auto& r : counts) {
    parts.push_back(std::string(kKinds[static_cast<std::size_t>(r.kind)]) + "/" + std::to_string(r.code) +
                    "/" + r.list + "*" + std::to_string(r.count));
  }
  return join(parts);
}

std::string dialect(uint32_t bits) {
  constexpr std::string_view kNames[] = {"early",     "rotating", "literal", "bare-lf", "ignores-starttls",
                                         "pipelines", "helo",     "order",   "no-quit"};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if ((bits >> i & 1) != 0) parts.emplace_back(kNames[i]);
  }
  return join(parts);
}

void feed(SmtpSession& session, const Turn& turn, std::size_t step) {
  auto rest = as_bytes(turn.bytes);
  while (!rest.empty()) {
    const auto part = rest.first(step == 0 ? rest.size() : std::min(step, rest.size()));
    rest = rest.subspan(part.size());
    turn.kind == Turn::Kind::kClient ? session.client_bytes(part) : session.server_bytes(part);
  }
  if (turn.kind == Turn::Kind::kClientGap) session.client_gap(turn.gap);
  if (turn.kind == Turn::Kind::kServerGap) session.server_gap(turn.gap);
}

}  // namespace

Turn c_raw(std::string_view bytes) {
  return {Turn::Kind::kClient, std::string(bytes), 0};
}
Turn s_raw(std::string_view bytes) {
  return {Turn::Kind::kServer, std::string(bytes), 0};
}
Turn c(std::string_view line) {
  return c_raw(std::string(line) + "\r\n");
}
Turn s(std::string_view line) {
  return s_raw(std::string(line) + "\r\n");
}
Turn c_gap(uint64_t bytes) {
  return {Turn::Kind::kClientGap, {}, bytes};
}
Turn s_gap(uint64_t bytes) {
  return {Turn::Kind::kServerGap, {}, bytes};
}

Talk operator+(Talk a, const Talk& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

SmtpSession run(const Talk& talk, bool implicit_tls, std::size_t step, bool finish) {
  SmtpSession session(kKey, implicit_tls);
  for (const auto& turn : talk) feed(session, turn, step);
  if (finish) session.finish();
  return session;
}

Facts facts_of(const SmtpSession& session) {
  const auto& d = session.dialogue();
  const auto n = [](auto value) { return std::to_string(value); };
  constexpr std::string_view kMail[] = {"unknown", "yes", "no"};
  constexpr std::string_view kTls[] = {"none", "offered", "started", "implicit"};
  return {
      {"greeting", n(d.greeting_code)},
      {"banner", d.banner},
      {"ehlo", d.ehlo},
      {"names", n(d.ehlo_names)},
      {"domains", d.mail_from_domains.empty() ? "-" : join(d.mail_from_domains)},
      {"senders", n(d.senders)},
      {"sender_hashes", n(d.sender_hashes.size())},
      {"recipients", n(d.recipients)},
      {"recipient_hashes", n(d.recipient_hashes.size())},
      {"mail", n(d.mail_commands)},
      {"rcpt", n(d.rcpt_commands)},
      {"rcpt_ok", n(d.rcpt_accepted)},
      {"rcpt_no", n(d.rcpt_refused)},
      {"data", n(d.data_commands)},
      {"bdat", n(d.bdat_commands)},
      {"accepted", n(d.messages_accepted)},
      {"refused", n(d.messages_refused)},
      {"replies",
       n(d.replies_2xx) + " " + n(d.replies_3xx) + " " + n(d.replies_4xx) + " " + n(d.replies_5xx)},
      {"refusals", refusals(d.refusals)},
      {"ids", join(d.queue_ids)},
      {"auth", n(d.auth_tried) + " " + n(d.auth_failed) + " " + n(d.auth_succeeded)},
      {"mechanism", d.auth_mechanism},
      {"login", d.auth_identity_hash == 0 ? "unseen" : "seen"},
      {"tls", std::string(kTls[static_cast<std::size_t>(d.tls)])},
      {"sni", d.sni},
      {"pipelining", d.pipelining_offered ? "offered" : ""},
      {"starttls", d.starttls_offered ? "offered" : ""},
      {"dialect", dialect(d.dialect)},
      {"is_mail", std::string(kMail[static_cast<std::size_t>(session.is_mail())])},
      {"dialogue", session.has_dialogue() ? "yes" : "no"},
      {"at_least", session.at_least() ? "yes" : "no"},
      {"opaque", session.opaque() ? "yes" : "no"},
  };
}

void check(const Case& one) {
  for (const std::size_t step : {0U, 1U, 7U}) {
    SCOPED_TRACE(std::string(one.name) + ", step " + std::to_string(step));
    const auto session = run(one.talk, one.implicit_tls, step);
    const auto got = facts_of(session);
    for (const auto& [key, value] : one.want) {
      ASSERT_TRUE(got.contains(key)) << key;
      EXPECT_EQ(got.at(key), value) << key;
    }
  }
}

}  // namespace gatewitness::dissect::test
