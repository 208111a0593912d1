// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_replies.h"

#include <algorithm>

#include "probes/dissect/smtp_commands.h"

namespace gatewitness::dissect {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Digits at the front of text, at most three (RFC 3463 section 2).
std::size_t number_length(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length <= 3 ? length : 0;
}

void add_text(std::string& all, std::string_view line) {
  if (!all.empty() && all.size() < kMaxReplyText) all += ' ';
  all.append(line.substr(0, kMaxReplyText - std::min(kMaxReplyText, all.size())));
}

void note_keyword(Reply& reply, std::string_view text) {
  constexpr std::string_view kOnlySmtp[] = {"PIPELINING",          "8BITMIME", "SMTPUTF8", "CHUNKING",  "DSN",
                                            "ENHANCEDSTATUSCODES", "STARTTLS", "ETRN",     "BINARYMIME"};
  const auto word = text.substr(0, text.find_first_of(" \t="));
  reply.pipelining |= same_word(word, "PIPELINING");
  reply.starttls |= same_word(word, "STARTTLS");
  for (const auto keyword : kOnlySmtp) reply.smtp_keywords |= same_word(word, keyword);
}

}  // namespace

std::optional<ReplyLine> parse_reply_line(std::string_view line) {
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return std::nullopt;
  const auto code = static_cast<uint16_t>((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
  if (code < 100 || code > 599) return std::nullopt;
  if (line.size() == 3) return ReplyLine{code, true, {}};
  if (line[3] != ' ' && line[3] != '-' && line[3] != '\t') return std::nullopt;
  return ReplyLine{code, line[3] != '-', line.substr(4)};
}

bool has_enhanced_status(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.') return false;
  text.remove_prefix(2);
  const auto subject = number_length(text);
  if (subject == 0 || subject == text.size() || text[subject] != '.') return false;
  text.remove_prefix(subject + 1);
  const auto detail = number_length(text);
  return detail > 0 && (detail == text.size() || !is_digit(text[detail]));
}

ReplyParser::Result ReplyParser::add(std::string_view line) {
  const auto parsed = parse_reply_line(line);
  if (!parsed) {
    // Some servers break a long text without repeating the code.
    if (open_) add_text(reply_.text, line);
    return open_ ? Result::kMore : Result::kNotReply;
  }
  if (!open_) {
    reply_ = {};
    reply_.first_line = parsed->text.substr(0, kMaxFirstLine);
  }
  // Should the codes of one reply differ, the last one is the server's decision.
  reply_.code = parsed->code;
  reply_.enhanced |= has_enhanced_status(parsed->text);
  add_text(reply_.text, parsed->text);
  note_keyword(reply_, parsed->text);
  open_ = !parsed->last;
  return open_ ? Result::kMore : Result::kReply;
}

void ReplyParser::clear() {
  open_ = false;
  reply_ = {};
}

}  // namespace gatewitness::dissect
