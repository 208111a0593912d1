// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "probes/dissect/bytes.h"
#include "probes/dissect/not_smtp.h"
#include "probes/dissect/queue_id.h"
#include "probes/dissect/smtp_machine.h"
#include "probes/dissect/smtp_refusal.h"

namespace gatewitness::dissect {

using wire::IsMail;
using wire::Tls;

namespace {

constexpr uint32_t kForeignLines = 2;  // lines without a code, before any reply, that suffice for "not SMTP"

bool names_mail(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered.find("smtp") != std::string::npos || lowered.find("lmtp") != std::string::npos;
}

bool is_introduction(Verb verb) {
  return verb == Verb::kEhlo || verb == Verb::kHelo || verb == Verb::kLhlo;
}

// 500 to 504 speak of the command, not of the credential.
bool refuses_credential(uint16_t code) {
  return code >= 400 && (code < 500 || code > 504);
}

}  // namespace

// False if nothing of this side will be read.
bool SmtpMachine::begin_server(std::span<const uint8_t> bytes) {
  server_seen_ = true;
  const bool tls = looks_like_tls_record(bytes);
  if (dialogue_.tls == Tls::kImplicit) {
    // A server that speaks first in clear text to a client that began TLS: misconfigured, but mail, and its
    // banner says so. Anything else is none.
    const bool may_be_reply = bytes[0] == '2' || bytes[0] == '4' || bytes[0] == '5';
    if (!tls && !may_be_reply) decide(IsMail::kNo);
    server_opaque_ = !may_be_reply;
    return may_be_reply;
  }
  if (!is_binary(bytes[0])) return true;
  if (expect_tls_ && tls) {
    start_tls(Tls::kImplicit);
    decide(IsMail::kYes);
  } else if (expect_tls_) {
    server_opaque_ = true;
    implicit_tls_contradicted();
  } else if (is_mail_ == IsMail::kUnknown) {
    decide(IsMail::kNo);
  }
  return !server_opaque_;
}

void SmtpMachine::server_bytes(std::span<const uint8_t> rest) {
  if (rest.empty()) return;
  if (!server_seen_ && !begin_server(rest)) return;
  while (!rest.empty() && !server_opaque_) {
    if (const auto line = server_lines_.next(rest)) server_line(*line);
  }
}

void SmtpMachine::server_gap(uint64_t bytes) {
  if (bytes == 0 || server_opaque_) return;
  server_seen_ = true;
  lose();
  server_lines_.clear();
  replies_.clear();
  pending_.clear();  // how many replies were in the gap is not known: what is pending would match wrongly
  doubt_server_ = true;
  if (client_ == Client::kAwaitData) begin_content(true);
}

void SmtpMachine::server_line(const Line& line) {
  const bool doubt = doubt_server_;
  doubt_server_ = false;
  switch (replies_.add(line.text)) {
    case ReplyParser::Result::kReply:
      on_reply(replies_.reply());
      break;
    case ReplyParser::Result::kMore:
      break;
    case ReplyParser::Result::kNotReply:
      if (doubt || reply_count_ > 0 || is_mail_ != IsMail::kUnknown) break;
      if (is_foreign_response(line.text) || ++foreign_lines_ >= kForeignLines) decide(IsMail::kNo);
  }
}

void SmtpMachine::on_reply(const Reply& reply) {
  count(reply);
  weigh(reply);
  if (is_mail_ == IsMail::kNo) return;
  if (reply.klass() >= 4) note_refusal(reply);
  const bool first = reply_count_++ == 0;
  if (first) changed();
  if (first && is_greeting(reply)) {
    greeting(reply);
  } else {
    if (first) lose();  // the greeting was not captured, nor what else there was
    const auto expected = pending_.match(reply.code);
    expected ? answered(*expected, reply) : stray(reply);
  }
  last_code_ = reply.code;
}

void SmtpMachine::count(const Reply& reply) {
  switch (reply.klass()) {
    case 2:
      ++dialogue_.replies_2xx;
      break;
    case 3:
      ++dialogue_.replies_3xx;
      break;
    case 4:
      ++dialogue_.replies_4xx;
      break;
    case 5:
      ++dialogue_.replies_5xx;
      break;
    default:
      break;
  }
}

// Whether the reply shows that the flow is mail, or that it is not.
void SmtpMachine::weigh(const Reply& reply) {
  if (is_mail_ != IsMail::kUnknown) return;
  const bool greets = reply_count_ == 0 && (reply.code == 220 || reply.klass() >= 4);
  const bool refuses_to_greet = reply_count_ == 0 && reply.code == 554;
  if (reply.enhanced || reply.smtp_keywords || reply.code == 354 || refuses_to_greet ||
      (greets && names_mail(reply.text))) {
    decide(IsMail::kYes);
  } else if (is_foreign_code(reply.code)) {
    decide(IsMail::kNo);
  }
}

// The first reply of the flow, if it is one that a server gives unasked (RFC 5321 section 3.1).
bool SmtpMachine::is_greeting(const Reply& reply) const {
  const auto front = pending_.front();
  if (reply.code == 220) return front != Verb::kStarttls && front != Verb::kXclient;
  if (reply.klass() < 4) return false;
  return pending_.empty() || (is_introduction(front) && (reply.code == 554 || reply.code == 421));
}

void SmtpMachine::greeting(const Reply& reply) {
  dialogue_.greeting_code = reply.code;
  dialogue_.banner = reply.first_line.substr(0, wire::kMaxText);
  if (client_seen_ && !at_least_) trait(wire::kSpeaksBeforeBanner);
  changed();
}

void SmtpMachine::answered(const Expected& expected, const Reply& reply) {
  switch (expected.verb) {
    case Verb::kEhlo:
    case Verb::kHelo:
    case Verb::kLhlo:
      introduced(reply);
      break;
    case Verb::kMail:
      if (reply.klass() == 2) transaction_accepted_ = 0;
      chunk_refused_ = false;
      break;
    case Verb::kRcpt:
      recipient_answered(reply);
      break;
    case Verb::kData:
      data_answered(reply);
      break;
    case Verb::kBdat:
      chunk_answered(expected, reply);
      break;
    case Verb::kContentEnd:
      content_answered(expected, reply);
      break;
    case Verb::kStarttls:
      if (reply.klass() == 2) start_tls(Tls::kStarted);
      break;
    case Verb::kAuth:
    case Verb::kAuthLine:
      auth_answered(reply);
      break;
    case Verb::kRset:
      transaction_accepted_ = 0;
      chunk_refused_ = false;
      break;
    default:
      break;
  }
}

void SmtpMachine::introduced(const Reply& reply) {
  if (reply.klass() != 2) return;
  transaction_accepted_ = 0;
  chunk_refused_ = false;
  dialogue_.pipelining_offered = reply.pipelining;
  dialogue_.starttls_offered |= reply.starttls;
  if (reply.starttls && dialogue_.tls == Tls::kNone) dialogue_.tls = Tls::kOffered;
  changed();
}

void SmtpMachine::recipient_answered(const Reply& reply) {
  if (reply.klass() == 2) {
    ++dialogue_.rcpt_accepted;
    ++transaction_accepted_;
    return;
  }
  ++dialogue_.rcpt_refused;
  changed();
}

void SmtpMachine::data_answered(const Reply& reply) {
  if (reply.klass() == 3) {
    if (client_ == Client::kAwaitData) begin_content(false);
    content_assumed_ = false;
    return;
  }
  message_refused();
  if (client_ == Client::kAwaitData) {
    client_ = Client::kLines;
  } else if (content_assumed_) {
    // What the client sent without waiting was read as content and is commands to the server, or the other
    // way round.
    if (client_ == Client::kContent) client_ = Client::kLines;
    content_assumed_ = false;
    pending_.clear();
    lose();
  }
}

void SmtpMachine::chunk_answered(const Expected& expected, const Reply& reply) {
  if (expected.last_chunk) {
    if (chunk_refused_) return;
    content_answered(expected, reply);
  } else if (reply.klass() >= 4 && !chunk_refused_) {
    chunk_refused_ = true;  // RFC 3030 section 2: what follows in this transaction fails too
    message_refused();
  }
}

// With LMTP one copy that is taken makes the message accepted.
void SmtpMachine::content_answered(const Expected& expected, const Reply& reply) {
  const bool taken_before = group_accepted_;
  group_accepted_ = (group_accepted_ || reply.klass() == 2) && expected.left > 0;
  if (taken_before) return;
  if (reply.klass() == 2 || expected.left == 0) message_result(reply);
}

void SmtpMachine::message_result(const Reply& reply) {
  if (reply.klass() != 2) {
    message_refused();
    return;
  }
  ++dialogue_.messages_accepted;
  if (const auto id = find_queue_id(reply.text); !id.empty()) {
    auto& ids = dialogue_.queue_ids;
    if (ids.size() >= wire::kMaxQueueIds) ids.erase(ids.begin());
    ids.emplace_back(id);
  }
  changed();
}

void SmtpMachine::message_refused() {
  ++dialogue_.messages_refused;
  changed();
}

void SmtpMachine::auth_answered(const Reply& reply) {
  if (reply.klass() == 3) {
    if (client_ == Client::kLines && !pending_.holds(Verb::kAuthLine)) client_ = Client::kAuth;
    return;
  }
  if (client_ == Client::kAuth) client_ = Client::kLines;
  auth_open_ = false;
  if (reply.klass() == 2) {
    ++dialogue_.auth_succeeded;
  } else if (!auth_cancelled_ && refuses_credential(reply.code)) {
    ++dialogue_.auth_failed;
  }
  changed();
}

// A reply that answers nothing that was seen.
void SmtpMachine::stray(const Reply& reply) {
  if (!client_seen_) {
    stray_of_unseen_client(reply);
  } else if (client_ == Client::kContent && reply.code != 354) {
    reply_inside_content(reply);
  } else if (reply.code == 354 && client_ == Client::kLines && at_least_) {
    ++dialogue_.data_commands;  // the command was in a gap
    client_lines_.clear();
    begin_content(false);
  } else if (reply.code == 334 && client_ == Client::kLines) {
    client_lines_.clear();
    client_ = Client::kAuth;  // whatever comes is a credential
  } else if (reply.smtp_keywords && reply.klass() == 2) {
    introduced(reply);
  }
}

// A server that answers before it has the end: it refused early, or the end was not seen.
void SmtpMachine::reply_inside_content(const Reply& reply) {
  if (result_early_) return;
  if (reply.klass() >= 4 && !content_gap_ && !content_.maybe_ended()) {
    result_early_ = true;
    message_refused();
    return;
  }
  if (!content_.maybe_ended()) lose();
  client_ = Client::kLines;
  client_lines_.clear();
  doubt_client_ = content_gap_;
  end_client_transaction();
  message_result(reply);
}

// What a server's words say about commands that were not captured.
void SmtpMachine::stray_of_unseen_client(const Reply& reply) {
  if (reply.code == 354) {
    ++dialogue_.data_commands;
    result_awaited_ = true;
  } else if (result_awaited_ && (reply.klass() == 2 || reply.klass() >= 4)) {
    result_awaited_ = false;
    message_result(reply);
  } else if (reply.code == 235) {
    ++dialogue_.auth_tried;
    ++dialogue_.auth_succeeded;
    changed();
  } else if (reply.code == 535) {
    ++dialogue_.auth_tried;
    ++dialogue_.auth_failed;
    changed();
  } else if (reply.code == 220 && dialogue_.starttls_offered) {
    start_tls(Tls::kStarted);
  } else if (reply.smtp_keywords && reply.klass() == 2) {
    introduced(reply);
  }
}

void SmtpMachine::note_refusal(const Reply& reply) {
  auto reason = classify_refusal(reply.code, reply.text);
  reason.list.resize(std::min(reason.list.size(), wire::kMaxText));
  auto& refusals = dialogue_.refusals;
  const auto found = std::find_if(refusals.begin(), refusals.end(), [&](const wire::RefusalCount& known) {
    return known.kind == reason.kind && known.list == reason.list;
  });
  if (found != refusals.end()) {
    ++found->count;
  } else if (refusals.size() < wire::kMaxRefusals) {
    refusals.push_back({reason.kind, reply.code, std::move(reason.list), 1});
  } else {
    lose();
  }
}

}  // namespace gatewitness::dissect
