// SPDX-License-Identifier: Apache-2.0
//
// What a hostile peer can make a session hold: every list at its limit and one past it, and all of the memory
// together.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "probes/dissect/smtp_line.h"
#include "probes/dissect/smtp_machine.h"
#include "tests/unit/smtp/talk.h"

namespace gatewitness::dissect::test {
namespace {

const Talk kHello = {s("220 mx ESMTP"), c("EHLO pc"), s("250 mx")};

Talk recipients(std::size_t count) {
  Talk talk = kHello + Talk{c("MAIL FROM:<a@b.example>"), s("250 ok")};
  for (std::size_t i = 0; i < count; ++i) {
    talk.push_back(c("RCPT TO:<u" + std::to_string(i) + "@d.example>"));
    talk.push_back(s("250 ok"));
  }
  return talk;
}

TEST(SmtpLimits, DistinctRecipients) {
  const auto at = facts_of(run(recipients(SmtpMachine::kMaxDistinctRecipients)));
  EXPECT_EQ(at.at("recipients"), "256");
  EXPECT_EQ(at.at("recipient_hashes"), "64");
  EXPECT_EQ(at.at("at_least"), "no");
  const auto past = facts_of(run(recipients(SmtpMachine::kMaxDistinctRecipients + 1)));
  EXPECT_EQ(past.at("recipients"), "256");
  EXPECT_EQ(past.at("rcpt"), "257");
  EXPECT_EQ(past.at("at_least"), "yes");
}

Talk senders(std::size_t count) {
  Talk talk = kHello;
  for (std::size_t i = 0; i < count; ++i) {
    talk.push_back(c("MAIL FROM:<u" + std::to_string(i) + "@d.example>"));
    talk.push_back(s("250 ok"));
  }
  return talk;
}

TEST(SmtpLimits, DistinctSenders) {
  const auto at = facts_of(run(senders(wire::kMaxHashes)));
  EXPECT_EQ(at.at("senders"), "64");
  EXPECT_EQ(at.at("at_least"), "no");
  const auto past = facts_of(run(senders(wire::kMaxHashes + 1)));
  EXPECT_EQ(past.at("senders"), "64");
  EXPECT_EQ(past.at("sender_hashes"), "64");
  EXPECT_EQ(past.at("at_least"), "yes");
}

Talk names(std::size_t count) {
  Talk talk = {s("220 mx ESMTP")};
  for (std::size_t i = 0; i < count; ++i) {
    talk.push_back(c("EHLO h" + std::to_string(i)));
    talk.push_back(s("250 ok"));
  }
  return talk;
}

TEST(SmtpLimits, EhloNames) {
  EXPECT_EQ(facts_of(run(names(16))).at("names"), "16");
  EXPECT_EQ(facts_of(run(names(16))).at("at_least"), "no");
  EXPECT_EQ(facts_of(run(names(17))).at("names"), "16");
  EXPECT_EQ(facts_of(run(names(17))).at("at_least"), "yes");
}

TEST(SmtpLimits, QueueIdsKeepTheNewest) {
  Talk talk = kHello;
  for (int i = 0; i < 9; ++i) {
    talk = talk + Talk{c("DATA"), s("354 go"), c("."), s("250 ok queued as Q" + std::to_string(i))};
  }
  EXPECT_EQ(facts_of(run(talk)).at("ids"), "Q1,Q2,Q3,Q4,Q5,Q6,Q7,Q8");
}

TEST(SmtpLimits, RefusalsBeyondTheListAreCountedAsReplies) {
  Talk talk = kHello;
  for (int i = 0; i < 9; ++i) {
    talk.push_back(c("NOOP"));
    talk.push_back(s("550 blocked using list" + std::to_string(i) + ".example"));
  }
  const auto session = run(talk);
  EXPECT_EQ(session.dialogue().refusals.size(), wire::kMaxRefusals);
  EXPECT_EQ(session.dialogue().replies_5xx, 9U);
  EXPECT_TRUE(session.at_least());
}

TEST(SmtpLimits, PendingCommandsBeyondTheLimitAreForgotten) {
  PendingCommands pending;
  for (std::size_t i = 0; i < PendingCommands::kMaxRuns; ++i) {
    EXPECT_TRUE(pending.push(i % 2 == 0 ? Verb::kNoop : Verb::kRset));
  }
  EXPECT_TRUE(pending.push(Verb::kRset));  // joins the last run
  EXPECT_FALSE(pending.push(Verb::kNoop));
  EXPECT_TRUE(pending.empty());
}

TEST(SmtpLimits, LinesAreCutAtTheLimitHoweverTheyArrive) {
  for (const std::size_t length : {15U, 16U, 17U, 40U}) {
    for (const std::size_t step : {1U, 5U, 100U}) {
      SCOPED_TRACE(std::to_string(length) + "/" + std::to_string(step));
      const std::string text = std::string(length, 'x') + "\r\n";
      LineSplitter lines(16);
      std::optional<Line> line;
      std::string got;
      for (std::size_t at = 0; at < text.size(); at += step) {
        const auto part = std::string_view(text).substr(at, step);
        std::span<const uint8_t> rest(reinterpret_cast<const uint8_t*>(part.data()), part.size());
        if (auto found = lines.next(rest)) {
          got = found->text;
          line = found;
        }
      }
      ASSERT_TRUE(line);
      EXPECT_EQ(got, std::string(std::min<std::size_t>(length, 16), 'x'));
      EXPECT_EQ(line->cut, length > 16);
      EXPECT_FALSE(line->bare_lf);
    }
  }
}

}  // namespace

// Counts what this program holds, so that a session's share can be told.
std::atomic<std::size_t> held{0};
std::atomic<std::size_t> most{0};

void* counted_new(std::size_t size) {
  void* block = std::malloc(size + sizeof(std::max_align_t));
  if (block == nullptr) throw std::bad_alloc();
  *static_cast<std::size_t*>(block) = size;
  held += size;
  most = std::max(most.load(), held.load());
  return static_cast<char*>(block) + sizeof(std::max_align_t);
}
void counted_delete(void* pointer) noexcept {
  if (pointer == nullptr) return;
  void* block = static_cast<char*>(pointer) - sizeof(std::max_align_t);
  held -= *static_cast<std::size_t*>(block);
  std::free(block);
}

}  // namespace gatewitness::dissect::test

void* operator new(std::size_t size) {
  return gatewitness::dissect::test::counted_new(size);
}
void operator delete(void* pointer) noexcept {
  gatewitness::dissect::test::counted_delete(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  gatewitness::dissect::test::counted_delete(pointer);
}

namespace gatewitness::dissect::test {
namespace {

std::size_t peak_of(const Talk& talk) {
  const std::size_t before = held;
  most = before;
  const auto session = run(talk, false, 0, false);
  return most - before;
}

Talk hostile() {
  Talk talk = {s("220 " + std::string(5000, 'b')),
               s_raw(std::string(100000, 'a')),
               s(""),
               c("EHLO " + std::string(100000, 'e')),
               s("250-x"),
               s("250 PIPELINING")};
  for (int i = 0; i < 4000; ++i) {
    const auto n = std::to_string(i);
    talk.push_back(c("EHLO " + std::string(240, 'h') + n));
    talk.push_back(c("MAIL FROM:<" + n + "@" + std::string(200, 'd') + n + ".example>"));
    talk.push_back(c("RCPT TO:<" + n + "@" + std::string(200, 'd') + ".example>"));
    talk.push_back(c("XYZ" + n));
    talk.push_back(s("250-" + std::string(400, 't')));
    talk.push_back(s("550 blocked using " + std::string(100, 'l') + n + ".example"));
    talk.push_back(c("DATA"));
    talk.push_back(s("354 go"));
    talk.push_back(c("."));
    talk.push_back(s("250 queued as " + std::string(100, 'q') + n));
  }
  talk.push_back(c_raw(std::string(5000000, 'x')));
  talk.push_back(s_raw(std::string(5000000, 'y')));
  return talk;
}

TEST(SmtpLimits, BoundedMemory) {
  const auto worst = peak_of(hostile());
  EXPECT_LT(worst, 12U * 1024);
  const auto ordinary = peak_of(recipients(3) + Talk{c("DATA"), s("354 go"), c("x"), c("."),
                                                     s("250 ok queued as 1AB"), c("QUIT"), s("221 x")});
  EXPECT_LT(ordinary, 2U * 1024);
  RecordProperty("worst", static_cast<int>(worst));
  RecordProperty("ordinary", static_cast<int>(ordinary));
  std::printf("session bytes: worst %zu, ordinary %zu, empty %zu\n", worst, ordinary, peak_of({}));
}

}  // namespace
}  // namespace gatewitness::dissect::test
