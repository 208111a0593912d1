// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/queue_id.h"

#include <algorithm>
#include <string>

#include "probes/dissect/smtp_commands.h"
#include "probes/dissect/smtp_replies.h"
#include "probes/wire/attempt.h"

namespace gatewitness::dissect {
namespace {

constexpr std::string_view kEnds = " \t\r,;()<>[]\"'";

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

// The token at the front of text. An '@' would make it an address.
std::string_view token(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t:=(<[");
  if (begin == std::string_view::npos) return {};
  auto id = text.substr(begin);
  id = id.substr(0, id.find_first_of(kEnds));
  while (id.ends_with('.') || id.ends_with(':')) id.remove_suffix(1);
  const bool fits = id.size() >= 2 && id.size() <= wire::kMaxText;
  const bool plain =
      std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '@'; });
  return fits && plain ? id : std::string_view{};
}

std::string_view last_token(std::string_view text) {
  text = trim(text);
  const auto at = text.find_last_of(" \t:");
  return token(at == std::string_view::npos ? text : text.substr(at + 1));
}

// Case-insensitive find in the reply; the lowered copy has the same indices.
struct Searched {
  std::string_view text;
  std::string lowered;

  explicit Searched(std::string_view all) : text(all), lowered(all) {
    std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  }
  // What stands behind words; nothing (data() is null) if they are not there.
  std::string_view after(std::string_view words) const {
    const auto at = lowered.find(words);
    return at == std::string::npos ? std::string_view{} : text.substr(at + words.size());
  }
  std::string_view before(std::string_view words) const {
    const auto at = lowered.find(words);
    return at == std::string::npos ? std::string_view{} : text.substr(0, at);
  }
};

// "queued as X": Postfix, Haraka, PowerMTA, ...; "id=X": Exim; "InternalId=X": Exchange.
std::string_view after_marker(const Searched& reply) {
  for (const std::string_view marker : {"queued as ", "internalid=", " id=", "queued (", "accepted as ",
                                        "queue id ", "queue-id: ", "queueid="}) {
    if (const auto id = token(reply.after(marker)); !id.empty()) return id;
  }
  if (reply.lowered.starts_with("id=")) return token(reply.text.substr(3));
  return {};
}

// Sendmail and OpenSMTPD: "X Message accepted for delivery", or behind it.
std::string_view around_accepted(const Searched& reply) {
  constexpr std::string_view kPhrase = "message accepted for delivery";
  if (const auto behind = reply.after(kPhrase); behind.starts_with(':')) return token(behind);
  const auto id = last_token(reply.before(kPhrase));
  return has_digit(id) ? id : std::string_view{};
}

// IronPort "ok:  Message X accepted", Nemesis (GMX, IONOS) "Message X accepted by host".
std::string_view inside_message_accepted(const Searched& reply) {
  const auto id = token(reply.after("message "));
  return has_digit(id) && reply.lowered.find(" accepted") != std::string::npos ? id : std::string_view{};
}

// Gmail: "OK  1700000000 x1-20020a.5 - gsmtp".
std::string_view before_gsmtp(const Searched& reply) {
  return last_token(reply.before(" - gsmtp"));
}

// qmail: "ok 1184401929 qp 26211": the two numbers make the name.
std::string_view qmail(const Searched& reply) {
  const auto rest = trim(reply.after("ok "));
  const auto time = token(rest);
  const bool number = !time.empty() && time.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number || !rest.substr(time.size()).starts_with(" qp ")) return {};
  const auto process = token(rest.substr(time.size() + 4));
  if (!has_digit(process)) return {};
  return rest.substr(0, static_cast<std::size_t>(process.data() + process.size() - rest.data()));
}

// Amazon SES and others: "Ok 0100018a...": a word with digits and nothing to explain it.
std::string_view behind_ok(const Searched& reply) {
  if (!reply.lowered.starts_with("ok")) return {};
  const auto id = token(reply.text.substr(2));
  return id.size() >= 8 && has_digit(id) ? id : std::string_view{};
}

std::string_view without_status(std::string_view text) {
  text = trim(text);
  return has_enhanced_status(text)
             ? trim(text.substr(std::min(text.size(), text.find_first_not_of("0123456789."))))
             : text;
}

}  // namespace

std::string_view find_queue_id(std::string_view text) {
  const Searched reply(without_status(text));
  for (const auto reader :
       {after_marker, around_accepted, before_gsmtp, qmail, inside_message_accepted, behind_ok}) {
    if (const auto id = reader(reply); !id.empty()) return id.substr(0, wire::kMaxText);
  }
  return {};
}

}  // namespace gatewitness::dissect
