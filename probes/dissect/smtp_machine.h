// SPDX-License-Identifier: Apache-2.0
//
// The state machine behind SmtpSession. The client's side (smtp_client_side.cc) turns bytes into commands and
// skips content; the server's side (smtp_server_side.cc) puts replies together and gives them to the commands
// they answer, which is where counts change. Owned by SmtpSession, used by nobody else.
//
// Memory of one session at worst, which the unit test BoundedMemory holds it to: about 10 KiB
//   client line 1,024 + server line 512 + reply text 2 x 768 + ClientHello 4,096 (while it is read)
//   + distinct recipients 256 x 8 + their list 64 x 8 + senders 64 x 16 + EHLO names 16 x 8 + pending 64 x 8
//   + short texts of the dialogue (8 domains, 8 queue ids, 8 lists of 128 bytes, banner, EHLO) 3,500.
// A session of one ordinary message takes about 1 KiB.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "probes/dissect/distinct_hashes.h"
#include "probes/dissect/smtp_commands.h"
#include "probes/dissect/smtp_content.h"
#include "probes/dissect/smtp_line.h"
#include "probes/dissect/smtp_pending.h"
#include "probes/dissect/smtp_replies.h"
#include "probes/dissect/smtp_session.h"
#include "probes/dissect/tls_client_hello.h"
#include "probes/wire/attempt.h"

namespace gatewitness::dissect {

class SmtpMachine {
 public:
  SmtpMachine(const HashKey& key, bool expect_implicit_tls) : key_(key), expect_tls_(expect_implicit_tls) {}

  void client_bytes(std::span<const uint8_t> rest);
  void client_gap(uint64_t bytes);
  void server_bytes(std::span<const uint8_t> rest);
  void server_gap(uint64_t bytes);
  void finish();

  wire::IsMail is_mail() const { return is_mail_; }
  bool has_dialogue() const;
  const wire::SmtpDialogue& dialogue() const { return dialogue_; }
  bool at_least() const;
  bool opaque() const { return client_ == Client::kOpaque && server_opaque_; }
  uint64_t changes() const { return changes_; }

  // Longest line that is kept: RFC 5321 section 4.5.3.1 allows 512 bytes for a command and for a reply,
  // extensions add to commands. Longer AUTH lines (XOAUTH2 tokens) have the login name at their front.
  static constexpr std::size_t kMaxClientLine = 1024;
  static constexpr std::size_t kMaxServerLine = 512;
  static constexpr std::size_t kMaxDistinctRecipients = 256;
  static constexpr std::size_t kMaxDistinctNames = 16;

 private:
  // What the client's next bytes are.
  enum class Client : uint8_t {
    kLines,
    kAwaitData,  // DATA was said, its answer is not known
    kContent,
    kChunk,
    kAuth,   // the server asked for one line of an AUTH exchange
    kHello,  // TLS
    kOpaque,
  };

  // --- smtp_client_side.cc
  bool begin_client(uint8_t first);
  void client_line(const Line& line);
  void known_command(const Command& command);
  void unknown_line(std::string_view line);
  void introduction(const Command& command);
  void mail(const Command& command);
  void recipient(const Command& command);
  void data();
  void chunk(const Command& command);
  void auth(const Command& command);
  void auth_line(std::string_view line);
  void begin_content(bool assumed);
  bool skip_content(std::span<const uint8_t>& rest);
  bool skip_content_by_line(std::span<const uint8_t>& rest);
  void skip_chunk(std::span<const uint8_t>& rest);
  void content_ended();
  void read_hello(std::span<const uint8_t>& rest);
  void note_login(std::string_view name);
  void note_order(Verb verb);
  void expect(Verb verb, uint32_t replies = 1, bool last_chunk = false);
  uint32_t replies_to_content() const;
  void end_client_transaction();

  // --- smtp_server_side.cc
  bool begin_server(std::span<const uint8_t> bytes);
  void server_line(const Line& line);
  void on_reply(const Reply& reply);
  void count(const Reply& reply);
  bool is_greeting(const Reply& reply) const;
  void greeting(const Reply& reply);
  void answered(const Expected& expected, const Reply& reply);
  void stray(const Reply& reply);
  void stray_of_unseen_client(const Reply& reply);
  void introduced(const Reply& reply);
  void data_answered(const Reply& reply);
  void chunk_answered(const Expected& expected, const Reply& reply);
  void content_answered(const Expected& expected, const Reply& reply);
  void reply_inside_content(const Reply& reply);
  void recipient_answered(const Reply& reply);
  void auth_answered(const Reply& reply);
  void message_result(const Reply& reply);
  void message_refused();
  void note_refusal(const Reply& reply);
  void weigh(const Reply& reply);

  // --- smtp_session.cc
  void start_tls(wire::Tls how);
  void implicit_tls_contradicted();
  void decide(wire::IsMail is_mail);
  void lose();  // counts are lower bounds from here on
  void changed() { ++changes_; }
  void trait(uint32_t bit) { dialogue_.dialect |= bit; }
  uint64_t keyed_hash(std::string_view text) const;

  HashKey key_;
  bool expect_tls_ = false;
  wire::SmtpDialogue dialogue_;
  wire::IsMail is_mail_ = wire::IsMail::kUnknown;
  uint64_t changes_ = 0;
  bool at_least_ = false;

  // The client's side
  Client client_ = Client::kLines;
  LineSplitter client_lines_{kMaxClientLine};
  ContentSkipper content_;
  std::unique_ptr<ClientHelloReader> hello_;
  DistinctHashes recipients_{kMaxDistinctRecipients};
  DistinctHashes names_{kMaxDistinctNames};
  uint64_t chunk_left_ = 0;
  uint32_t commands_ = 0;
  uint32_t unknown_lines_ = 0;
  unsigned auth_step_ = 0;
  bool client_seen_ = false;
  bool doubt_client_ = false;     // bytes were lost: the next line may be the tail of one
  bool content_assumed_ = false;  // content began without the server's word
  bool content_gap_ = false;
  bool result_early_ = false;  // content was refused before its end
  bool auth_open_ = false;
  bool auth_cancelled_ = false;
  bool lmtp_ = false;
  bool ehlo_said_ = false;
  bool helo_said_ = false;  // any of the three
  bool mail_said_ = false;
  bool rcpt_said_ = false;
  bool starttls_tried_ = false;
  bool quit_ = false;

  // The server's side
  LineSplitter server_lines_{kMaxServerLine};
  ReplyParser replies_;
  PendingCommands pending_;
  uint32_t reply_count_ = 0;
  uint32_t foreign_lines_ = 0;
  uint32_t transaction_accepted_ = 0;  // recipients
  uint16_t last_code_ = 0;
  bool server_seen_ = false;
  bool server_opaque_ = false;
  bool doubt_server_ = false;
  bool chunk_refused_ = false;   // this transaction's result is counted
  bool group_accepted_ = false;  // LMTP: one recipient's copy was taken
  bool result_awaited_ = false;  // client not captured: 354 was seen
};

}  // namespace gatewitness::dissect
