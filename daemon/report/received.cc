// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/received.h"

#include <algorithm>
#include <array>
#include <span>

#include "daemon/report/ascii.h"
#include "daemon/report/claim.h"
#include "daemon/report/date.h"
#include "daemon/report/lexer.h"

namespace gatewitness::report {
namespace {

constexpr std::size_t kMaxTokens = 256;
// No Received field has more addresses than a few; each is tried with the C library's parser.
constexpr unsigned kMaxTries = 32;

constexpr std::array<std::string_view, 6> kClauses = {"by", "via", "with", "id", "for", "from"};

bool is_clause(const Token& token) {
  return token.is_word() &&
         std::any_of(kClauses.begin(), kClauses.end(), [&](auto name) { return same(name, token.text); });
}

struct Endpoint {
  std::optional<IpAddress> address;
  std::optional<uint16_t> port;
};

// "[addr]" or "[addr]:port" at the head of the text.
Endpoint bracketed_endpoint(std::string_view text) {
  const std::size_t close = text.substr(0, 64).find(']');
  if (close == text.npos) return {};
  Endpoint endpoint{.address = parse_address(text.substr(0, close + 1)), .port = std::nullopt};
  text.remove_prefix(close + 1);
  if (!endpoint.address || text.empty() || text.front() != ':') return endpoint;
  text.remove_prefix(1);
  const auto digits = std::find_if_not(text.begin(), text.end(), is_digit) - text.begin();
  endpoint.port = port_number(text.substr(0, static_cast<std::size_t>(digits)));
  return endpoint;
}

// "addr", "addr:port" for IPv4, perhaps after "ident@".
Endpoint bare_endpoint(std::string_view word) {
  if (const std::size_t at = word.rfind('@'); at != word.npos) word.remove_prefix(at + 1);
  if (const auto address = parse_address(word)) return {.address = address, .port = std::nullopt};
  const std::size_t colon = word.rfind(':');
  if (colon == word.npos) return {};
  const auto address = parse_address(word.substr(0, colon));
  const auto port = port_number(word.substr(colon + 1));
  if (!address || address->is_v6() || !port) return {};
  return {.address = address, .port = port};
}

std::string_view first_word(std::string_view text) {
  text = trimmed(text);
  return text.substr(
      0, static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_blank) - text.begin()));
}

// What the comments beside the client's name say. The server's own words end where it quotes the client.
class ClientComments {
 public:
  void read(std::string_view comment) {
    const std::string_view trusted = before_quotation(comment);
    const bool found_bracketed = read_bracketed(trusted);
    if (!found_bracketed) read_words(trusted);
  }
  const Endpoint& seen() const { return bracketed_.address ? bracketed_ : bare_; }
  std::optional<uint16_t> port() const { return seen().port ? seen().port : port_; }
  std::string_view helo() const { return helo_; }
  bool contradicts_itself() const { return several_; }

 private:
  // "helo=x", "HELO x", "EHLO x", "ident=x": from there on the client may have written anything.
  std::string_view before_quotation(std::string_view comment) {
    std::size_t end = comment.size();
    for (const std::string_view mark : {"helo=", "HELO ", "EHLO ", "ident="}) {
      const std::size_t at = place_of(comment, mark);
      if (at == comment.npos) continue;
      if (helo_.empty() && mark != "ident=") helo_ = first_word(comment.substr(at + mark.size()));
      end = std::min(end, at);
    }
    return comment.substr(0, end);
  }

  // Where the mark begins a word.
  static std::size_t place_of(std::string_view text, std::string_view mark) {
    std::size_t at = text.find(mark);
    while (at != text.npos && at != 0 && !is_blank(text[at - 1]) && text[at - 1] != '(')
      at = text.find(mark, at + 1);
    return at;
  }

  bool read_bracketed(std::string_view text) {
    bool any = false;
    for (std::size_t at = text.find('['); at != text.npos && tries_ < kMaxTries;
         at = text.find('[', at + 1)) {
      ++tries_;
      const Endpoint endpoint = bracketed_endpoint(text.substr(at));
      if (!endpoint.address) continue;
      // The last one: names before it may be the client's choice.
      several_ = several_ || (bracketed_.address && bracketed_.address != endpoint.address);
      bracketed_ = endpoint;
      any = true;
    }
    read_port(text);
    return any;
  }

  void read_words(std::string_view text) {
    while (!trimmed(text).empty() && tries_ < kMaxTries) {
      text = trimmed(text);
      const std::string_view word = first_word(text);
      text.remove_prefix(word.size());
      ++tries_;
      const Endpoint endpoint = bare_endpoint(word);
      if (endpoint.address) bare_ = endpoint;
    }
  }

  void read_port(std::string_view text) {
    const std::size_t at = place_of(text, "port=");
    if (at == text.npos) return;
    std::string_view digits = first_word(text.substr(at + 5));
    while (!digits.empty() && !is_digit(digits.back())) digits.remove_suffix(1);
    if (!port_) port_ = port_number(digits);
  }

  Endpoint bracketed_;
  Endpoint bare_;
  std::optional<uint16_t> port_;
  std::string_view helo_;
  bool several_ = false;
  unsigned tries_ = 0;
};

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

std::optional<IpAddress> parse_address(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (begins(text, "IPv6:")) text.remove_prefix(5);
  const auto address = IpAddress::parse(text);
  if (!address) return std::nullopt;
  return address->unmapped();
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
