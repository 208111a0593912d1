// SPDX-License-Identifier: Apache-2.0
//
// Any bytes are a request, a reply, a state, or an error of one line; what is understood is written again as
// what is understood the same, and the ruleset that comes of it has only the letters that ours has.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/quarantine/book.h"
#include "daemon/quarantine/ruleset.h"

namespace {

using namespace gatewitness;
using namespace gatewitness::quarantine;

constexpr Timestamp kNow{std::chrono::seconds(1'790'000'000)};

void check(bool holds) {
  if (!holds) std::abort();
}

void check_error(const std::string& error) {
  check(!error.empty() && error.find('\n') == error.npos);
}

void check_ruleset(const Book& book) {
  const std::string text = ruleset(book.all(), {}, kNow);
  check(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789 \n{}@_-,.:;=") == text.npos);
}

void as_request(std::string_view text) {
  const auto request = parse_request(text);
  if (!request) return check_error(request.error());
  const std::string again = to_text(*request);
  check(again.size() <= kMaxLine && parse_request(again) == request);
  Book book(2);
  const auto obeyed = book.obey(*request, kNow);
  if (!obeyed) return check_error(obeyed.error());
  check_ruleset(book);
}

void as_reply(std::string_view text) {
  const auto reply = parse_reply(text);
  if (!reply) return;  // the guard's own words, which whoever shows them escapes
  const std::string again = to_text(reply);
  check(parse_reply(again).has_value());
}

void as_state(std::string_view text) {
  const auto book = Book::restore(text, 16);
  if (!book) return check_error(book.error());
  const auto again = Book::restore(book->save(), 16);
  check(again && again->all() == book->all());
  check_ruleset(*book);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  as_request(text);
  as_reply(text);
  as_state(text);
  return 0;
}
