// SPDX-License-Identifier: Apache-2.0
#include "daemon/quarantine/quarantine.h"

#include <algorithm>
#include <charconv>

#include "probes/wire/text.h"

namespace gatewitness::quarantine {
namespace {

constexpr std::string_view kGateway = "gateway";
constexpr std::string_view kOwner = "owner";
constexpr std::string_view kAutomatic = "automatic";
// Year 2242: beyond it is nonsense, and sums with kLongest stay far from the end of the type.
constexpr uint64_t kLatestEnd = 8'600'000'000'000'000;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) {
  return "\"" + printable(text, 64) + "\"";
}

}  // namespace

std::optional<Target> Target::parse(std::string_view text) {
  if (text == kGateway) return Target{};
  const auto mac = MacAddress::parse(text);
  if (!mac || mac->is_zero() || mac->is_multicast()) return std::nullopt;
  return Target{mac};
}

std::string to_string(const Target& target) {
  return target.mac ? gatewitness::to_string(*target.mac) : std::string(kGateway);
}

std::optional<Scope> parse_scope(std::string_view text) {
  if (text == "mail") return Scope::kMail;
  if (text == "all") return Scope::kAll;
  return std::nullopt;
}

std::string_view to_string(Scope scope) {
  return scope == Scope::kAll ? "all" : "mail";
}

std::optional<Cause> Cause::parse(std::string_view text) {
  if (text == kOwner) return Cause{};
  const auto colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  const auto word = text.substr(0, colon);
  const auto incident = parse_number(text.substr(colon + 1));
  if (!incident || *incident == 0 || (word != kOwner && word != kAutomatic)) return std::nullopt;
  return Cause{word == kAutomatic, *incident};
}

std::string to_string(const Cause& cause) {
  const std::string word(cause.automatic ? kAutomatic : kOwner);
  return cause.incident == 0 ? word : word + ":" + std::to_string(cause.incident);
}

std::string to_line(const Quarantine& quarantine) {
  std::string line = to_string(quarantine.target) + " " + std::string(to_string(quarantine.scope)) + " " +
                     std::to_string(quarantine.end.time_since_epoch().count()) + " " +
                     std::to_string(quarantine.length.count()) + " " + to_string(quarantine.cause);
  for (const auto& address : quarantine.addresses) line += " " + gatewitness::to_string(address);
  return line;
}

std::expected<Quarantine, std::string> parse_line(std::string_view line) {
  const auto fields = split_fields(line);
  if (!fields || fields->size() < 5)
    return std::unexpected("needs target, scope, end, length and cause, each parted by one blank");
  const auto& f = *fields;
  const auto target = Target::parse(f[0]);
  if (!target)
    return std::unexpected("the target must be the MAC of one device, or gateway, not " + quoted(f[0]));
  const auto scope = parse_scope(f[1]);
  if (!scope) return std::unexpected("the scope must be mail or all, not " + quoted(f[1]));
  const auto end = parse_number(f[2]);
  if (!end || *end > kLatestEnd)
    return std::unexpected("the end must be microseconds since 1970, at most " + std::to_string(kLatestEnd) +
                           ", not " + quoted(f[2]));
  const auto length = parse_length(f[3]);
  if (!length) return std::unexpected(length.error());
  const auto cause = Cause::parse(f[4]);
  if (!cause)
    return std::unexpected("the cause must be owner, owner:INCIDENT or automatic:INCIDENT, not " +
                           quoted(f[4]));
  auto addresses = parse_addresses(f, 5);
  if (!addresses) return std::unexpected(addresses.error());
  return Quarantine{*target, *scope, Timestamp(Duration(static_cast<int64_t>(*end))),
                    *length, *cause, std::move(*addresses)};
}

std::optional<std::vector<std::string_view>> split_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto blank = line.find(' ');
    const auto field = line.substr(0, blank);
    if (field.empty() || fields.size() == kMaxAddresses + 8) return std::nullopt;
    fields.push_back(field);
    if (blank == line.npos) return fields;
    line.remove_prefix(blank + 1);
  }
}

std::expected<std::vector<IpAddress>, std::string> parse_addresses(
    const std::vector<std::string_view>& fields, std::size_t from) {
  std::vector<IpAddress> addresses;
  for (std::size_t i = from; i < fields.size(); ++i) {
    auto address = IpAddress::parse(fields[i]);
    if (address) address = address->unmapped();
    if (!address || address->is_unspecified() || address->is_loopback() || address->is_multicast())
      return std::unexpected("an address must be one that a host can have, not " + quoted(fields[i]));
    if (std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
  }
  if (addresses.size() > kMaxAddresses)
    return std::unexpected("there may be at most " + std::to_string(kMaxAddresses) + " addresses");
  return addresses;
}

std::expected<std::chrono::seconds, std::string> parse_length(std::string_view text) {
  const auto seconds = parse_number(text);
  if (seconds && *seconds >= static_cast<uint64_t>(kShortest.count()) &&
      *seconds <= static_cast<uint64_t>(kLongest.count()))
    return std::chrono::seconds(*seconds);
  return std::unexpected("the time must be a whole number of seconds from " +
                         std::to_string(kShortest.count()) + " to " + std::to_string(kLongest.count()) +
                         ", not " + quoted(text));
}

}  // namespace gatewitness::quarantine
