// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/rules.h"

#include <algorithm>
#include <span>

#include "daemon/identity/rules_table.h"
#include "probes/wire/names.h"

namespace gatewitness {
namespace {

using wire::FactKind;

static_assert(kFactKinds == wire::value_count(FactKind{}));

constexpr Places kNames = place_of(FactKind::kDhcpHostName) | place_of(FactKind::kDhcpFqdn) |
                          place_of(FactKind::kMdnsName) | place_of(FactKind::kStaticName);
constexpr Places kWords = kNames | place_of(FactKind::kDhcpVendorClass) | place_of(FactKind::kMdnsModel) |
                          place_of(FactKind::kSsdpServer) | place_of(FactKind::kSsdpType) |
                          place_of(FactKind::kUserAgentOfSsdp);

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// Two characters that belong to one word or one number.
bool joined(char a, char b) {
  return (is_letter(a) && is_letter(b)) || (is_digit(a) && is_digit(b));
}

bool equal_at(std::string_view text, std::size_t at, std::string_view word) {
  return at <= text.size() && word.size() <= text.size() - at &&
         std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char w, char t) { return w == lower(t); });
}

bool stands_alone(std::string_view text, std::size_t at, std::string_view word) {
  const std::size_t end = at + word.size();
  return (at == 0 || !joined(text[at - 1], text[at])) &&
         (end == text.size() || !joined(text[end - 1], text[end]));
}

}  // namespace

std::optional<Places> parse_places(std::string_view word) {
  if (word == "oui") return kPlaceOui;
  if (word == "name") return kNames;
  if (word == "words") return kWords;
  for (unsigned i = 0; i < kFactKinds; ++i)
    if (word == wire::to_string(static_cast<FactKind>(i))) return Places{1} << i;
  return std::nullopt;
}

std::optional<WordMatch> parse_match(std::string_view word) {
  static constexpr std::array<std::string_view, 4> kMatches = {"word", "part", "start", "is"};
  const auto found = std::ranges::find(kMatches, word);
  if (found == kMatches.end()) return std::nullopt;
  return static_cast<WordMatch>(found - kMatches.begin());
}

std::optional<Strength> parse_strength(std::string_view word) {
  for (const Strength strength : {Strength::kWeak, Strength::kFair, Strength::kStrong})
    if (word == to_string(strength)) return strength;
  return std::nullopt;
}

std::string_view to_string(Strength strength) {
  if (strength == Strength::kWeak) return "weak";
  return strength == Strength::kFair ? "fair" : "strong";
}

bool RuleSet::is_generic(std::string_view name) const {
  return std::ranges::any_of(generic_names, [&](std::string_view generic) {
    return generic.size() == name.size() && equal_at(name, 0, generic);
  });
}

RuleSet built_in_rules() {
  const auto text_of = [](RuleText where) { return std::string_view(kRuleText + where.begin, where.size); };
  RuleSet set;
  set.rules.reserve(kPackedRuleCount);
  for (const auto& rule : std::span(kPackedRules, kPackedRuleCount))
    set.rules.push_back({rule.places, rule.match, rule.strength, text_of(rule.text), text_of(rule.vendor),
                         text_of(rule.device_class)});
  for (const auto& name : std::span(kGenericNames, kGenericNameCount))
    set.generic_names.push_back(text_of(name));
  return set;
}

bool fits(const IdentityRule& rule, std::string_view text) {
  if (rule.text.empty() || rule.text.size() > text.size()) return false;
  if (rule.match == WordMatch::kStart) return equal_at(text, 0, rule.text);
  if (rule.match == WordMatch::kIs) return rule.text.size() == text.size() && equal_at(text, 0, rule.text);
  for (std::size_t at = 0; at + rule.text.size() <= text.size(); ++at) {
    if (!equal_at(text, at, rule.text)) continue;
    if (rule.match == WordMatch::kPart || stands_alone(text, at, rule.text)) return true;
  }
  return false;
}

}  // namespace gatewitness
