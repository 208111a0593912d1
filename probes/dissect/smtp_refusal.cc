// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/smtp_refusal.h"

#include <algorithm>
#include <span>

#include "probes/dissect/block_lists.h"
#include "probes/dissect/smtp_commands.h"
#include "probes/dissect/smtp_replies.h"

namespace gatewitness::dissect {
namespace {

using Words = std::span<const std::string_view>;

// A list is meant though it is not named.
constexpr std::string_view kBlockListWords[] = {
    "block list",
    "blocklist",
    "block-list",
    "blacklist",
    "black list",
    "black-list",
    "denylist",
    "dnsbl",
    "rbl list",
    "realtime block",
    "real-time block",
    "listed in rbl",
    "by rbl",
    "ip is listed",
    "address is listed",
    "bad reputation",
    "poor reputation",
    "low reputation",
    "ip reputation",
    "sender reputation",
    "reputation of the sending",
    "blocked for abuse",
    "blocked due to abuse",
    "your ip has been blocked",
    "ip address has been blocked",
    "banned sending",
    "client host blocked",
};

constexpr std::string_view kUnknownUserWords[] = {
    "user unknown",
    "unknown user",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no such person",
    "no such account",
    "no such address",
    "user not found",
    "mailbox not found",
    "recipient not found",
    "account not found",
    "address not found",
    "does not exist",
    "doesn't exist",
    "not exist here",
    "no mailbox here",
    "unknown recipient",
    "recipient unknown",
    "unknown mailbox",
    "mailbox unknown",
    "unknown address",
    "address unknown",
    "invalid recipient",
    "invalid mailbox",
    "invalid user",
    "unrouteable address",
    "unroutable address",
    "not a valid mailbox",
    "not a valid user",
    "mailbox unavailable",
    "mailbox is unavailable",
    "mailbox is disabled",
    "mailbox disabled",
    "account is disabled",
    "account disabled",
    "account has been disabled",
    "user doesn't have",
    "doesn't have a",
    "recipient address rejected: access denied",
    "unknown local part",
    "unknown local-part",
    "undeliverable address",
    "recipient does not",
    "not our customer",
    "no account by that name",
    "isn't in a list of allowed",
    "is not a known user",
    "not listed in",
    "user is unknown",
    "no valid recipients",
    "user unavailable",
    "unknown in virtual",
    "unknown in local",
    "unknown in relay",
    "unknown in virtual mailbox",
};

constexpr std::string_view kRateLimitWords[] = {
    "rate limit",
    "ratelimit",
    "rate-limit",
    "rate exceeded",
    "too many",
    "too much mail",
    "too fast",
    "throttl",
    "exceeded the",
    "limit exceeded",
    "exceeds the maximum number",
    "unusual rate",
    "receiving mail at a rate",
    "receiving mail too quickly",
    "sending rate",
    "sending limit",
    "message limit",
    "connection limit",
    "connections from your",
    "concurrent",
    "quota exceeded for sending",
    "slow down",
    "deferred due to",
    "temporarily deferred",
    "temporarily rate",
    "messages per",
    "daily limit",
    "hourly limit",
    "maximum number of",
    "try again more slowly",
    "[tss0",
    "[ts0",
    "rp-001",
    "rp-002",
    "rp-003",
};

constexpr std::string_view kSpamWords[] = {
    "spam",
    "unsolicited",
    "junk mail",
    "bulk mail",
    "virus",
    "malware",
    "phishing",
    "suspicious",
    "content rejected",
    "rejected due to content",
    "rejected for content",
    "message content",
    "objectionable content",
    "infected",
    "scam",
    "looks like uce",
    "uce ",
};

constexpr std::string_view kAuthWords[] = {
    "authentication required",
    "authentication failed",
    "authentication failure",
    "authentication unsuccessful",
    "authentication credentials",
    "authentication is required",
    "authentication needed",
    "authentication aborted",
    "authentication rejected",
    "authentication error",
    "auth required",
    "auth failed",
    "not authenticated",
    "must authenticate",
    "please authenticate",
    "please log in",
    "must be authenticated",
    "bad username or password",
    "username and password not accepted",
    "invalid login",
    "login failed",
    "incorrect authentication",
    "invalid credentials",
    "bad credentials",
    "incorrect password",
    "invalid password",
    "wrong password",
    "credentials",
    "not logged in",
    "password not accepted",
    "log in via",
    "login required",
};

constexpr std::string_view kPolicyWords[] = {
    "policy",
    "relay",
    "not allowed",
    "not permitted",
    "denied",
    "prohibited",
    "not authorized",
    "not authorised",
    "unauthorized",
    "administratively",
    "administrative",
    "forbidden",
    "rejected",
    "refused",
    "blocked",
    "greylist",
    "graylist",
    "grey-list",
    "greylisted",
    "grey listed",
    "dynamic",
    "residential",
    "reverse dns",
    "rdns",
    "ptr",
    "reverse lookup",
    "reverse hostname",
    "spf",
    "dkim",
    "dmarc",
    "must issue a starttls",
    "encryption required",
    "helo",
    "ehlo",
    "sender verify",
    "callout",
    "no smtp service",
    "not accept",
    "don't accept",
    "dns",
    "starttls first",
    "no service",
    "go away",
    "unauthenticated",
};

bool holds_any(std::string_view text, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// "5.7.1" of "5.7.1 text", without the class digit: "7.1". Empty without one.
std::string_view detail_of(std::string_view text) {
  if (!has_enhanced_status(text)) return {};
  return text.substr(2, text.find_first_not_of("0123456789.", 2) - 2);
}

bool any_of(std::string_view detail, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), detail) != known.end();
}

// Codes that leave nothing to the words (RFC 4954 section 4.2 and 6, RFC 5321 section 4.2.3).
bool is_auth_code(uint16_t code) {
  return code == 454 || code == 530 || code == 534 || code == 535 || code == 538;
}
bool is_syntax_code(uint16_t code) {
  return code >= 500 && code <= 504;
}

}  // namespace

RefusalReason classify_refusal(uint16_t code, std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  const auto detail = detail_of(lowered);
  using wire::Refusal;
  // 501 to 504 speak of the command's form and order, whatever words they use for it.
  if (is_syntax_code(code) && !is_auth_code(code)) {
    const bool auth = code == 501 && holds_any(lowered, kAuthWords);
    return {auth ? Refusal::kAuth : Refusal::kOther, {}};
  }
  if (auto list = find_block_list(lowered); !list.empty()) return {Refusal::kBlockList, std::move(list)};
  if (holds_any(lowered, kBlockListWords)) return {Refusal::kBlockList, {}};
  // 454 of STARTTLS (RFC 3207 section 4) is a local fault, and 530 may ask for TLS, not for a login.
  const bool speaks_of_tls = lowered.find("tls") != std::string::npos;
  if (is_auth_code(code) && !speaks_of_tls) return {Refusal::kAuth, {}};
  if (code == 454 && speaks_of_tls) return {Refusal::kOther, {}};
  if (any_of(detail, {"1.1", "1.2", "1.6", "1.10"}) || (code >= 500 && detail == "2.1") ||
      holds_any(lowered, kUnknownUserWords)) {
    return {Refusal::kUnknownUser, {}};
  }
  if (any_of(detail, {"7.28", "4.5"}) || holds_any(lowered, kRateLimitWords))
    return {Refusal::kRateLimit, {}};
  if (holds_any(lowered, kSpamWords)) return {Refusal::kSpamContent, {}};
  // "Authentication" stands in policy texts too, and these in turn say "rejected": the narrower words first.
  if (holds_any(lowered, kAuthWords)) return {Refusal::kAuth, {}};
  if (detail.starts_with("7.") || holds_any(lowered, kPolicyWords)) return {Refusal::kPolicy, {}};
  return {Refusal::kOther, {}};
}

}  // namespace gatewitness::dissect
