// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "probes/dissect/bytes.h"
#include "probes/dissect/not_smtp.h"
#include "probes/dissect/smtp_auth.h"
#include "probes/dissect/smtp_machine.h"

namespace gatewitness::dissect {

using wire::IsMail;
using wire::Tls;

namespace {

// A mechanism that is not known by name is not kept: a broken client may put its credential there.
std::string mechanism_name(std::string_view word) {
  constexpr std::string_view kKnown[] = {
      "PLAIN",         "LOGIN",
      "CRAM-MD5",      "DIGEST-MD5",
      "XOAUTH2",       "OAUTHBEARER",
      "XOAUTH",        "NTLM",
      "GSSAPI",        "GSS-SPNEGO",
      "EXTERNAL",      "ANONYMOUS",
      "SCRAM-SHA-1",   "SCRAM-SHA-1-PLUS",
      "MSN",           "KERBEROS_V4",
      "OTP",           "XYMCOOKIE",
      "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS",
      "SCRAM-SHA-512", "SKEY",
      "CRAM-SHA1",     "SPA",
  };
  const auto* known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [&](std::string_view k) { return same_word(k, word); });
  return known == std::end(kKnown) ? "other" : std::string(*known);
}

// A line that ends content whose end was lost: rare enough in letters.
bool ends_lost_content(std::string_view line) {
  const auto command = parse_command(line);
  if (command.verb == Verb::kQuit || command.verb == Verb::kRset) return command.argument.empty();
  return command.verb == Verb::kMail && command.argument.find('<') != std::string_view::npos &&
         parse_path(command.argument).has_value();
}

// Verbs that no other protocol on these ports has.
bool is_only_smtp(const Command& command) {
  switch (command.verb) {
    case Verb::kEhlo:
    case Verb::kHelo:
    case Verb::kLhlo:
    case Verb::kEtrn:
    case Verb::kXclient:
    case Verb::kXforward:
    case Verb::kVrfy:
    case Verb::kExpn:
      return true;
    case Verb::kMail:
    case Verb::kRcpt:
      return parse_path(command.argument).has_value();
    case Verb::kBdat:
      return parse_chunk(command.argument).has_value();
    default:
      return false;
  }
}

constexpr uint8_t kHandshakeRecord = 22;  // TLS; no line begins with it
constexpr uint32_t kLinesToJudge = 3;     // unknown ones at the start that are looked at for another protocol

}  // namespace

void SmtpMachine::expect(Verb verb, uint32_t replies, bool last_chunk) {
  if (!pending_.push(verb, replies, last_chunk)) lose();
}

// The first byte tells TLS and binary protocols from lines. False if nothing of this side will be read.
bool SmtpMachine::begin_client(uint8_t first) {
  client_seen_ = true;
  if (expect_tls_ && dialogue_.tls == Tls::kNone && looks_like_tls_record({&first, 1})) {
    hello_ = std::make_unique<ClientHelloReader>();
    client_ = Client::kHello;
    return true;
  }
  if (!is_binary(first) || client_ == Client::kHello) return true;
  if (expect_tls_) {
    client_ = Client::kOpaque;
    implicit_tls_contradicted();
  } else if (is_mail_ == IsMail::kUnknown) {
    decide(IsMail::kNo);
  }
  return client_ != Client::kOpaque;
}

void SmtpMachine::client_bytes(std::span<const uint8_t> rest) {
  if (rest.empty() || client_ == Client::kOpaque) return;
  if (!client_seen_ && !begin_client(rest[0])) return;
  while (!rest.empty() && client_ != Client::kOpaque) {
    const bool tls_unannounced = client_ == Client::kLines && starttls_tried_ &&
                                 client_lines_.pending() == 0 && rest[0] == kHandshakeRecord;
    if (tls_unannounced) start_tls(Tls::kStarted);  // the answer to STARTTLS was not captured
    switch (client_) {
      case Client::kAwaitData:
        begin_content(true);
        break;
      case Client::kContent:
        if (skip_content(rest)) content_ended();
        break;
      case Client::kChunk:
        skip_chunk(rest);
        break;
      case Client::kHello:
        read_hello(rest);
        break;
      default:
        if (const auto line = client_lines_.next(rest)) client_line(*line);
    }
  }
}

void SmtpMachine::client_gap(uint64_t bytes) {
  if (bytes == 0 || client_ == Client::kOpaque) return;
  client_seen_ = true;
  if (client_ == Client::kChunk && bytes <= chunk_left_) {
    chunk_left_ -= bytes;  // its size is known, so nothing of the dialogue is lost
    if (chunk_left_ == 0) client_ = Client::kLines;
    return;
  }
  lose();
  client_lines_.clear();
  doubt_client_ = true;
  if (client_ == Client::kAwaitData) begin_content(true);
  if (client_ == Client::kContent) {
    content_.gap();
    content_gap_ = true;
    return;
  }
  if (client_ == Client::kAuth) expect(Verb::kAuthLine);
  client_ = client_ == Client::kHello ? Client::kOpaque : Client::kLines;
}

void SmtpMachine::client_line(const Line& line) {
  const bool asked_for = client_ == Client::kAuth;
  const auto command = parse_command(line.text);
  if (doubt_client_ && !asked_for) {
    doubt_client_ = false;
    if (command.verb == Verb::kUnknown) return;
  }
  if (line.bare_lf && (commands_ > 0 || command.verb != Verb::kUnknown)) trait(wire::kBareLf);
  if (asked_for) {
    client_ = Client::kLines;
    auth_line(line.text);
  } else if (command.verb == Verb::kUnknown) {
    unknown_line(line.text);
  } else {
    known_command(command);
  }
}

void SmtpMachine::unknown_line(std::string_view line) {
  if (auth_open_ && looks_like_auth_response(line)) {
    auth_line(line);
    return;
  }
  if (commands_ > 0) {
    expect(Verb::kUnknown);
    return;
  }
  if (trim(line) == ".") {  // joined inside content: this is its end
    lose();
    ++commands_;
    expect(Verb::kContentEnd, replies_to_content());
    return;
  }
  if (unknown_lines_++ < kLinesToJudge && is_mail_ == IsMail::kUnknown && is_foreign_request(line)) {
    decide(IsMail::kNo);
  }
}

void SmtpMachine::known_command(const Command& command) {
  const bool ftp_auth = command.verb == Verb::kAuth && (same_word(command.argument, "TLS") ||
                                                        same_word(command.argument, "SSL"));  // RFC 4217
  if (is_mail_ == IsMail::kUnknown && ftp_auth) {
    decide(IsMail::kNo);
    return;
  }
  if (is_only_smtp(command)) decide(IsMail::kYes);
  const bool unasked = dialogue_.greeting_code != 0 && !dialogue_.pipelining_offered && !at_least_;
  if (unasked && !pending_.empty()) trait(wire::kPipelinesUnasked);
  if (commands_++ == 0) changed();
  if (command.verb != Verb::kAuth) auth_open_ = false;
  note_order(command.verb);
  switch (command.verb) {
    case Verb::kEhlo:
    case Verb::kHelo:
    case Verb::kLhlo:
      introduction(command);
      break;
    case Verb::kMail:
      mail(command);
      break;
    case Verb::kRcpt:
      recipient(command);
      break;
    case Verb::kData:
      data();
      break;
    case Verb::kBdat:
      chunk(command);
      break;
    case Verb::kAuth:
      auth(command);
      break;
    case Verb::kStarttls:
      starttls_tried_ = true;
      expect(Verb::kStarttls);
      break;
    case Verb::kRset:
      end_client_transaction();
      expect(Verb::kRset);
      break;
    case Verb::kQuit:
      quit_ = true;
      expect(Verb::kQuit);
      break;
    default:
      expect(command.verb);
  }
}

// Only a dialogue that was seen from its greeting, without a hole, can be out of order.
void SmtpMachine::note_order(Verb verb) {
  if (dialogue_.greeting_code == 0 || at_least_) return;
  const bool content = verb == Verb::kData || (verb == Verb::kBdat && !rcpt_said_);
  const bool bad = (verb == Verb::kMail && !helo_said_) || (verb == Verb::kRcpt && !mail_said_) ||
                   (content && !rcpt_said_);
  if (bad) trait(wire::kBadOrder);
}

void SmtpMachine::end_client_transaction() {
  mail_said_ = false;
  rcpt_said_ = false;
}

void SmtpMachine::introduction(const Command& command) {
  if (command.verb == Verb::kHelo && !ehlo_said_) trait(wire::kHeloNotEhlo);
  if (command.verb == Verb::kLhlo) lmtp_ = true;
  ehlo_said_ |= command.verb == Verb::kEhlo;
  helo_said_ = true;
  end_client_transaction();
  const auto name = command.argument.substr(0, wire::kMaxEhlo);
  if (!name.empty()) {
    dialogue_.ehlo = name;
    if (name.front() == '[') trait(wire::kLiteralEhlo);
    if (names_.add(keyed_hash(name))) dialogue_.ehlo_names = names_.count();
    if (names_.overflowed()) lose();
    if (dialogue_.ehlo_names > 1) trait(wire::kRotatingEhlo);
  }
  changed();
  expect(command.verb);
}

void SmtpMachine::mail(const Command& command) {
  ++dialogue_.mail_commands;
  if (dialogue_.starttls_offered && !starttls_tried_) trait(wire::kIgnoresStarttls);
  end_client_transaction();
  mail_said_ = true;
  changed();
  expect(Verb::kMail);
  const auto path = parse_path(command.argument);
  if (!path) return;
  auto& hashes = dialogue_.sender_hashes;
  const uint64_t hash = keyed_hash(path->address);
  if (std::find(hashes.begin(), hashes.end(), hash) == hashes.end()) {
    if (hashes.size() < wire::kMaxHashes) {
      hashes.push_back(hash);
      ++dialogue_.senders;
    } else {
      lose();
    }
  }
  if (path->domain.empty() && !path->null) return;
  std::string domain(path->domain.substr(0, wire::kMaxText));
  std::transform(domain.begin(), domain.end(), domain.begin(), lower);
  auto& domains = dialogue_.mail_from_domains;
  const bool known = std::find(domains.begin(), domains.end(), domain) != domains.end();
  if (!known && domains.size() < wire::kMaxDomains) domains.push_back(std::move(domain));
}

void SmtpMachine::recipient(const Command& command) {
  ++dialogue_.rcpt_commands;
  rcpt_said_ = true;
  expect(Verb::kRcpt);
  const auto path = parse_path(command.argument);
  if (!path) return;
  const uint64_t hash = keyed_hash(path->address);
  if (recipients_.add(hash)) {
    dialogue_.recipients = recipients_.count();
    if (dialogue_.recipient_hashes.size() < wire::kMaxHashes) dialogue_.recipient_hashes.push_back(hash);
  }
  if (recipients_.overflowed()) lose();
}

void SmtpMachine::data() {
  ++dialogue_.data_commands;
  expect(Verb::kData);
  client_ = Client::kAwaitData;
}

// RFC 3030 section 2: the bytes follow at once, whatever the server says.
void SmtpMachine::chunk(const Command& command) {
  ++dialogue_.bdat_commands;
  const auto chunk = parse_chunk(command.argument);
  const bool last = chunk && chunk->last;
  expect(Verb::kBdat, last ? replies_to_content() : 1, last);
  if (last) end_client_transaction();
  if (!chunk || chunk->size == 0) return;
  chunk_left_ = chunk->size;
  client_ = Client::kChunk;
}

void SmtpMachine::skip_chunk(std::span<const uint8_t>& rest) {
  const auto count = static_cast<std::size_t>(std::min<uint64_t>(chunk_left_, rest.size()));
  rest = rest.subspan(count);
  chunk_left_ -= count;
  if (chunk_left_ == 0) client_ = Client::kLines;
}

void SmtpMachine::begin_content(bool assumed) {
  client_ = Client::kContent;
  content_assumed_ = assumed;
  content_gap_ = false;
  result_early_ = false;
  content_.begin((dialogue_.dialect & wire::kBareLf) != 0);
}

bool SmtpMachine::skip_content(std::span<const uint8_t>& rest) {
  // After a gap, without a server to tell, the end can only be guessed from what stands in the lines.
  if (content_gap_ && !server_seen_) return skip_content_by_line(rest);
  return content_.skip(rest);
}

bool SmtpMachine::skip_content_by_line(std::span<const uint8_t>& rest) {
  while (const auto line = client_lines_.next(rest)) {
    if (line->text == ".") return true;
    if (!ends_lost_content(line->text)) continue;
    content_ended();
    client_line(*line);
    return false;
  }
  return false;
}

// RFC 2033 section 4.2: one reply for each recipient that was accepted.
uint32_t SmtpMachine::replies_to_content() const {
  return lmtp_ ? std::max(1U, transaction_accepted_) : 1;
}

void SmtpMachine::content_ended() {
  client_ = Client::kLines;
  doubt_client_ = false;
  end_client_transaction();
  if (!result_early_) expect(Verb::kContentEnd, replies_to_content());
}

void SmtpMachine::auth(const Command& command) {
  expect(Verb::kAuth);
  const auto blank = command.argument.find_first_of(" \t");
  const auto word = command.argument.substr(0, blank);
  if (word.empty()) return;
  ++dialogue_.auth_tried;
  dialogue_.auth_mechanism = mechanism_name(word);
  auth_open_ = true;
  auth_cancelled_ = false;
  auth_step_ = 0;
  changed();
  if (blank == std::string_view::npos) return;
  find_login_name(dialogue_.auth_mechanism, auth_step_++, command.argument.substr(blank),
                  [this](std::string_view name) { note_login(name); });
}

void SmtpMachine::auth_line(std::string_view line) {
  expect(Verb::kAuthLine);
  if (trim(line) == "*") {
    auth_cancelled_ = true;
    return;
  }
  find_login_name(dialogue_.auth_mechanism, auth_step_++, line,
                  [this](std::string_view name) { note_login(name); });
}

void SmtpMachine::note_login(std::string_view name) {
  dialogue_.auth_identity_hash = keyed_hash(name);
}

void SmtpMachine::read_hello(std::span<const uint8_t>& rest) {
  if (hello_->fresh() && dialogue_.tls == Tls::kStarted && !looks_like_tls_record(rest.first(1)) &&
      !is_binary(rest[0]) && rest[0] < 0x80) {
    // The server agreed to TLS, but the client speaks on in clear text.
    dialogue_.tls = Tls::kOffered;
    client_ = Client::kLines;
    server_opaque_ = false;
    hello_.reset();
    return;
  }
  const auto state = hello_->feed(rest);
  rest = {};
  if (state == ClientHelloReader::State::kMore) return;
  dialogue_.sni = hello_->server_name();
  const bool web = hello_->protocol() == "h2" || hello_->protocol().starts_with("http/");
  client_ = Client::kOpaque;
  if (dialogue_.tls == Tls::kNone && state == ClientHelloReader::State::kNotTls) {
    hello_.reset();
    implicit_tls_contradicted();
    return;
  }
  if (dialogue_.tls == Tls::kNone) start_tls(Tls::kImplicit);
  decide(web ? IsMail::kNo : IsMail::kYes);
  hello_.reset();
  changed();
}

}  // namespace gatewitness::dissect
