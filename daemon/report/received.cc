// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/received.h"

#include <algorithm>
#include <array>
#include <span>

#include "daemon/report/ascii.h"
#include "daemon/report/claim.h"
#include "daemon/report/client.h"
#include "daemon/report/date.h"
#include "daemon/report/lexer.h"

namespace gatewitness::report {
namespace {

constexpr std::size_t kMaxTokens = 256;
constexpr std::array<std::string_view, 6> kClauses = {"by", "via", "with", "id", "for", "from"};

bool is_clause(const Token& token) {
  return token.is_word() &&
         std::any_of(kClauses.begin(), kClauses.end(), [&](auto name) { return same(name, token.text); });
}

// The name outside the comments: a HELO if the address stands in a comment (Postfix, Sendmail), else the
// address itself (Exim, Yahoo) or nothing of use.
void read_client(std::span<const Token> section, Hop& hop) {
  std::string_view name;
  ClientComments comments;
  for (const Token& token : section) {
    if (token.is_comment())
      comments.read(token.text);
    else if (name.empty())
      name = token.text;
  }
  const Endpoint outside = name.starts_with('[') ? bracketed_endpoint(name) : bare_endpoint(name);
  hop.from = comments.seen().address ? comments.seen().address : outside.address;
  hop.port = comments.port() ? comments.port() : comments.seen().address ? std::nullopt : outside.port;
  if (!comments.helo().empty())
    hop.helo = claim_text(comments.helo());
  else if (comments.seen().address && !same(name, "unknown"))
    hop.helo = claim_text(name);
  if (comments.contradicts_itself())
    add_note(hop.notes,
             "the Received line names more than one address for the client; the last one was taken");
}

void read_receiver(std::span<const Token> section, Hop& hop) {
  for (const Token& token : section) {
    if (token.is_comment()) {
      const std::size_t open = token.text.find('[');
      const auto address = open == token.text.npos ? bare_endpoint(first_word(token.text)).address
                                                   : bracketed_endpoint(token.text.substr(open)).address;
      if (address && !address->is_private() && !address->is_multicast()) hop.by_address = address;
    } else if (hop.by.empty()) {
      hop.by = claim_text(token.text);
      const auto literal =
          token.text.starts_with('[') ? bracketed_endpoint(token.text).address : std::nullopt;
      if (literal && !literal->is_private()) hop.by_address = literal;
    }
  }
}

// Exchange writes its own version where others write the queue id.
bool is_exchange(std::span<const Token> with) {
  return with.size() >= 2 && same(with[0].text, "Microsoft") && same(with[1].text, "SMTP");
}

std::string_view without_angles(std::string_view id) {
  while (!id.empty() && (id.front() == '<' || id.front() == '#')) id.remove_prefix(1);
  while (!id.empty() && (id.back() == '>' || id.back() == ';' || id.back() == ',')) id.remove_suffix(1);
  return id;
}

class Clauses {
 public:
  Clauses(std::span<const Token> tokens, Hop& hop) : tokens_(tokens), hop_(hop) {}

  void read() {
    while (at_ < tokens_.size()) {
      if (!is_clause(tokens_[at_])) {
        ++at_;
        continue;
      }
      const std::string_view clause = tokens_[at_].text;
      take(clause, section(same(clause, "from")));
    }
    if (exchange_ && !hop_.id.empty()) {
      hop_.id.clear();
      add_note(hop_.notes, "the receiver is Microsoft Exchange, whose Received line has no queue id");
    }
  }

 private:
  // What follows the clause's name. The word right after it is its value, whatever it is: a HELO may be "by".
  std::span<const Token> section(bool client) {
    const std::size_t begin = ++at_;
    if (at_ < tokens_.size() && !tokens_[at_].is_comment()) ++at_;
    while (at_ < tokens_.size() &&
           !(is_clause(tokens_[at_]) && (!client || !same(tokens_[at_].text, "from"))))
      ++at_;
    return tokens_.subspan(begin, at_ - begin);
  }

  void take(std::string_view clause, std::span<const Token> found) {
    const auto first =
        std::find_if(found.begin(), found.end(), [](const Token& t) { return !t.is_comment(); });
    if (same(clause, "from") && !had_from_) {
      had_from_ = true;
      read_client(found, hop_);
    } else if (same(clause, "by") && hop_.by.empty()) {
      read_receiver(found, hop_);
    } else if (same(clause, "with")) {
      exchange_ = exchange_ || is_exchange(found);
    } else if (same(clause, "id") && hop_.id.empty() && first != found.end()) {
      hop_.id = without_angles(first->text).substr(0, kMaxText);
    }
  }

  std::span<const Token> tokens_;
  Hop& hop_;
  std::size_t at_ = 0;
  bool had_from_ = false;
  bool exchange_ = false;
};

// The tokens before the date; the date is what stands after the last ';' outside comments.
std::vector<Token> tokens_before_date(std::string_view field, std::string_view& date) {
  std::vector<Token> tokens;
  std::size_t last = field.npos;
  std::size_t before_last = 0;
  Lexer lexer(field, ";");
  while (const auto token = lexer.next()) {
    if (token->is_delimiter(';')) {
      last = token->offset;
      before_last = tokens.size();
    } else if (tokens.size() < kMaxTokens) {
      tokens.push_back(*token);
    }
  }
  if (last == field.npos) return tokens;
  date = field.substr(last + 1);
  tokens.resize(before_last);
  return tokens;
}

// Courier writes its id behind the date.
std::string id_after_date(std::string_view date) {
  Lexer lexer(date, "");
  for (unsigned count = 0; count < kMaxTokens; ++count) {
    const auto token = lexer.next();
    if (!token) break;
    if (!token->is_word() || !same(token->text, "id")) continue;
    const auto id = lexer.next();
    return id && id->is_word() ? std::string(without_angles(id->text).substr(0, kMaxText)) : std::string();
  }
  return {};
}

}  // namespace

Hop parse_received(std::string_view field, const ReadOptions& options) {
  Hop hop;
  std::string_view date;
  const std::vector<Token> tokens = tokens_before_date(field, date);
  Clauses(tokens, hop).read();
  if (hop.id.empty() && hop.notes.empty()) hop.id = id_after_date(date);
  if (date.empty())
    add_note(hop.notes, "the Received line has no time");
  else
    hop.time = read_time(date, "the Received line's time", options, hop.notes);
  return hop;
}

std::optional<Timestamp> read_time(std::string_view text, std::string_view what, const ReadOptions& options,
                                   std::vector<std::string>& notes) {
  const std::string subject(what);
  const auto moment = parse_date(text);
  if (!moment) {
    add_note(notes, subject + " " + moment.error() + "; it was not taken");
    return std::nullopt;
  }
  if (moment->time < options.earliest || moment->time > options.latest) {
    add_note(notes,
             subject + " is " + gatewitness::to_string(moment->time) + ", which cannot be; it was not taken");
    return std::nullopt;
  }
  if (!moment->zone_known) add_note(notes, subject + " has no time zone that is known; UTC was assumed");
  if (!moment->weekday_matches) add_note(notes, subject + " names a day of the week that is not that date's");
  return moment->time;
}

std::string claim_text(std::string_view text) {
  if (const std::size_t at = text.rfind('@'); at != text.npos) text.remove_prefix(at + 1);
  return std::string(text.substr(0, kMaxText));
}

}  // namespace gatewitness::report
