// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/not_smtp.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "probes/dissect/smtp_commands.h"

namespace gatewitness::dissect {
namespace {

constexpr std::string_view kRequests[] = {
    "GET ",  "POST ",   "HEAD ", "PUT ", "OPTIONS ",    "CONNECT ",     "DELETE ", "PRI * HTTP", "SSH-",
    "USER ", "PASS ",   "APOP ", "CAPA", "MODE READER", "CAPABILITIES", "GROUP ",  "ARTICLE ",   "NICK ",
    "<?xml", "<stream", "FEAT",  "SYST", "PASV",        "EPSV",         "TYPE I",  "CWD ",
};

constexpr std::string_view kResponses[] = {"+OK",  "-ERR",    "* OK",   "* PREAUTH", "* BYE",
                                           "SSH-", "HTTP/1.", "RFB 00", "<?xml",     "<stream",
                                           ":irc", "ICAP/1.", "RTSP/1."};

// "a1 LOGIN name password": IMAP puts a tag before its commands (RFC 9051 section 2.2.1).
bool is_imap(std::string_view line) {
  constexpr std::string_view kCommands[] = {"CAPABILITY", "LOGIN",  "AUTHENTICATE",
                                            "STARTTLS",   "LOGOUT", "ID"};
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos || blank == 0 || blank > 16) return false;
  const auto tag = line.substr(0, blank);
  const auto rest = line.substr(blank + 1);
  const auto word = rest.substr(0, rest.find_first_of(" \r"));
  return tag.find_first_of("0123456789") != std::string_view::npos &&
         std::any_of(std::begin(kCommands), std::end(kCommands),
                     [&](std::string_view command) { return same_word(word, command); });
}

bool begins_with_any(std::string_view line, std::span<const std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return starts_with_word(line, prefix); });
}

}  // namespace

bool is_foreign_request(std::string_view line) {
  return begins_with_any(line, kRequests) || is_imap(line);
}

bool is_foreign_response(std::string_view line) {
  return begins_with_any(line, kResponses);
}

bool is_foreign_code(uint16_t code) {
  // FTP (RFC 959 section 4.2.2, RFC 2228, RFC 2428) and NNTP's greetings (RFC 3977 section 5.1).
  constexpr uint16_t kCodes[] = {125, 150, 200, 201, 202, 215, 225, 226, 227,
                                 229, 230, 232, 234, 257, 331, 332, 350};
  return code < 200 || std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

bool is_binary(uint8_t byte) {
  return byte < ' ' && byte != '\t' && byte != '\r' && byte != '\n';
}

}  // namespace gatewitness::dissect
