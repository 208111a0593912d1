// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/client.h"

#include <algorithm>

#include "daemon/report/ascii.h"

namespace gatewitness::report {
namespace {

// No Received field has more addresses than a few; each is tried with the C library's parser.
constexpr unsigned kMaxTries = 32;

// Where the mark begins a word.
std::size_t place_of(std::string_view text, std::string_view mark) {
  std::size_t at = text.find(mark);
  while (at != text.npos && at != 0 && !is_blank(text[at - 1]) && text[at - 1] != '(')
    at = text.find(mark, at + 1);
  return at;
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (begins(text, "IPv6:")) text.remove_prefix(5);
  const auto address = IpAddress::parse(text);
  if (!address) return std::nullopt;
  return address->unmapped();
}

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

void ClientComments::read(std::string_view comment) {
  if (seen().address || port_) return;
  const std::string_view trusted = before_quotation(comment);
  read_bracketed(trusted);
  read_port(trusted);
  if (!bracketed_.address) read_words(trusted);
}

// "helo=x", "HELO x", "EHLO x", "ident=x": from there on the client may have written anything.
std::string_view ClientComments::before_quotation(std::string_view comment) {
  std::size_t end = comment.size();
  for (const std::string_view mark : {"helo=", "HELO ", "EHLO ", "ident="}) {
    const std::size_t at = place_of(comment, mark);
    if (at == comment.npos) continue;
    if (helo_.empty() && mark != "ident=") helo_ = first_word(comment.substr(at + mark.size()));
    end = std::min(end, at);
  }
  return comment.substr(0, end);
}

void ClientComments::read_bracketed(std::string_view text) {
  for (std::size_t at = text.find('['); at != text.npos && tries_ < kMaxTries; at = text.find('[', at + 1)) {
    ++tries_;
    const Endpoint endpoint = bracketed_endpoint(text.substr(at));
    if (!endpoint.address) continue;
    several_ = several_ || (bracketed_.address && bracketed_.address != endpoint.address);
    bracketed_ = endpoint;
  }
}

void ClientComments::read_words(std::string_view text) {
  while (!trimmed(text).empty() && tries_ < kMaxTries) {
    text = trimmed(text);
    const std::string_view word = first_word(text);
    text.remove_prefix(word.size());
    ++tries_;
    const Endpoint endpoint = bare_endpoint(word);
    if (endpoint.address) bare_ = endpoint;
  }
}

void ClientComments::read_port(std::string_view text) {
  const std::size_t at = place_of(text, "port=");
  if (at == text.npos) return;
  std::string_view digits = first_word(text.substr(at + 5));
  while (!digits.empty() && !is_digit(digits.back())) digits.remove_suffix(1);
  port_ = port_number(digits);
}

}  // namespace gatewitness::report
