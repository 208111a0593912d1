// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/request.h"

#include <charconv>
#include <utility>

#include "probes/wire/text.h"

namespace gatewitness::quarantine {
namespace {

constexpr std::string_view kForms =
    "block TARGET SCOPE SECONDS CAUSE [ADDRESS...], move TARGET [ADDRESS...], unblock TARGET, list";
constexpr std::size_t kMaxNotes = 8;

using Fields = std::vector<std::string_view>;

std::string with_addresses(std::string text, const std::vector<IpAddress>& addresses) {
  for (const auto& address : addresses) text += " " + gatewitness::to_string(address);
  return text;
}

struct Writer {
  std::string operator()(const Block& b) const {
    return with_addresses("block " + to_string(b.target) + " " + std::string(to_string(b.scope)) + " " +
                              std::to_string(b.length.count()) + " " + to_string(b.cause),
                          b.addresses);
  }
  std::string operator()(const Move& m) const {
    return with_addresses("move " + to_string(m.target), m.addresses);
  }
  std::string operator()(const Unblock& u) const { return "unblock " + to_string(u.target); }
  std::string operator()(const List&) const { return "list"; }
};

std::unexpected<std::string> no_such_form() {
  return std::unexpected("a request must be one of: " + std::string(kForms));
}

std::expected<Target, std::string> target_of(std::string_view text) {
  const auto target = Target::parse(text);
  if (target) return *target;
  return std::unexpected("the target must be the MAC of one device, or gateway, not \"" +
                         printable(text, 64) + "\"");
}

std::expected<Request, std::string> parse_block(const Fields& f) {
  if (f.size() < 5) return no_such_form();
  const auto target = target_of(f[1]);
  if (!target) return std::unexpected(target.error());
  const auto scope = parse_scope(f[2]);
  if (!scope) return std::unexpected("the scope must be mail or all, not \"" + printable(f[2], 64) + "\"");
  const auto length = parse_length(f[3]);
  if (!length) return std::unexpected(length.error());
  const auto cause = Cause::parse(f[4]);
  if (!cause)
    return std::unexpected("the cause must be owner, owner:INCIDENT or automatic:INCIDENT, not \"" +
                           printable(f[4], 64) + "\"");
  auto addresses = parse_addresses(f, 5);
  if (!addresses) return std::unexpected(addresses.error());
  return Block{*target, *scope, *length, *cause, std::move(*addresses)};
}

std::expected<Request, std::string> parse_move(const Fields& f) {
  if (f.size() < 2) return no_such_form();
  const auto target = target_of(f[1]);
  if (!target) return std::unexpected(target.error());
  auto addresses = parse_addresses(f, 2);
  if (!addresses) return std::unexpected(addresses.error());
  return Move{*target, std::move(*addresses)};
}

std::optional<uint64_t> parse_counter(std::string_view text) {
  uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "ok 0 0 0"
std::optional<Counters> parse_ok(std::string_view line) {
  const auto f = split_fields(line);
  if (!f || f->size() != 4 || (*f)[0] != "ok") return std::nullopt;
  const auto refused = parse_counter((*f)[1]), malformed = parse_counter((*f)[2]),
             restored = parse_counter((*f)[3]);
  if (!refused || !malformed || !restored) return std::nullopt;
  return Counters{*refused, *malformed, *restored};
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::string to_text(const Request& request) {
  return std::visit(Writer{}, request);
}

std::expected<Request, std::string> parse_request(std::string_view text) {
  if (text.size() > kMaxLine)
    return std::unexpected("a request must have at most " + std::to_string(kMaxLine) + " bytes");
  const auto fields = split_fields(text);
  if (!fields) return no_such_form();
  const auto& f = *fields;
  if (f[0] == "block") return parse_block(f);
  if (f[0] == "move") return parse_move(f);
  if (f[0] == "list" && f.size() == 1) return List{};
  if (f[0] != "unblock" || f.size() != 2) return no_such_form();
  const auto target = target_of(f[1]);
  if (!target) return std::unexpected(target.error());
  return Unblock{*target};
}

std::string to_text(const std::expected<Reply, std::string>& reply) {
  if (!reply) return "error " + printable(reply.error(), kMaxLine / 2) + "\n";
  const auto& c = reply->counters;
  std::string text = "ok " + std::to_string(c.refused) + " " + std::to_string(c.malformed) + " " +
                     std::to_string(c.restored) + "\n";
  for (const auto& note : reply->notes) text += "note " + printable(note, kMaxLine / 2) + "\n";
  for (const auto& quarantine : reply->quarantines) text += to_line(quarantine) + "\n";
  return text;
}

std::expected<Reply, std::string> parse_reply(std::string_view text) {
  constexpr std::string_view kError = "error ", kNote = "note ";
  if (text.size() > kMaxReply || !text.ends_with('\n')) return std::unexpected("the guard's reply is none");
  const auto first = take_line(text);
  if (first.starts_with(kError)) return std::unexpected(std::string(first.substr(kError.size())));
  const auto counters = parse_ok(first);
  if (!counters) return std::unexpected("the guard's reply is none");
  Reply reply{*counters, {}, {}};
  while (!text.empty()) {
    const auto line = take_line(text);
    if (line.starts_with(kNote)) {
      if (reply.notes.size() < kMaxNotes) reply.notes.emplace_back(line.substr(kNote.size()));
      continue;
    }
    auto quarantine = parse_line(line);
    if (!quarantine)
      return std::unexpected("the guard's reply has a line that is none: " + quarantine.error());
    if (reply.quarantines.size() == kMaxQuarantines) return std::unexpected("the guard's reply is too long");
    reply.quarantines.push_back(std::move(*quarantine));
  }
  return reply;
}

}  // namespace gatewitness::quarantine
