// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/identity.h"

#include <algorithm>
#include <array>

namespace gatewitness {
namespace {

using wire::FactKind;

// Names in the order in which they are preferred.
constexpr std::array kNameKinds = {FactKind::kDhcpHostName, FactKind::kDhcpFqdn, FactKind::kMdnsName};

bool is_name(FactKind kind) {
  return std::find(kNameKinds.begin(), kNameKinds.end(), kind) != kNameKinds.end();
}

// What a word may stand in when the hint names no kind.
bool speaks_of_what_it_is(FactKind kind) {
  return is_name(kind) || kind == FactKind::kDhcpVendorClass || kind == FactKind::kMdnsModel ||
         kind == FactKind::kSsdpServer || kind == FactKind::kSsdpType || kind == FactKind::kUserAgentOfSsdp;
}

bool contains_ignoring_case(const std::string& text, const std::string& lower_word) {
  const auto found = std::search(
      text.begin(), text.end(), lower_word.begin(), lower_word.end(),
      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
  return found != text.end();
}

}  // namespace

bool Identity::learn(const KnownFact& fact, std::span<const ClassHint> hints) {
  const auto same = [&](const KnownFact& known) {
    return known.kind == fact.kind && known.value == fact.value;
  };
  if (const auto known = std::find_if(facts_.begin(), facts_.end(), same); known != facts_.end()) {
    known->time = std::max(known->time, fact.time);
    return false;
  }
  const auto older = [](const KnownFact& a, const KnownFact& b) { return a.time < b.time; };
  const auto of_kind = [&](const KnownFact& known) { return known.kind == fact.kind; };
  if (static_cast<std::size_t>(std::count_if(facts_.begin(), facts_.end(), of_kind)) >= kMaxPerKind) {
    facts_.erase(std::find_if(facts_.begin(), facts_.end(), of_kind));
  } else if (facts_.size() >= kMaxFacts) {
    facts_.erase(std::min_element(facts_.begin(), facts_.end(), older));
  }
  facts_.push_back(fact);
  const auto before = std::pair(name_, class_);
  conclude(hints);
  return before != std::pair(name_, class_);
}

void Identity::conclude(std::span<const ClassHint> hints) {
  name_.clear();
  for (const FactKind kind : kNameKinds) {
    // Of several, the newest.
    for (const auto& fact : facts_) {
      if (fact.kind == kind && !fact.value.empty()) name_ = fact.value;
    }
    if (!name_.empty()) break;
  }
  class_.clear();
  for (const auto& hint : hints) {
    const bool fits = std::any_of(facts_.begin(), facts_.end(), [&](const KnownFact& fact) {
      const bool place = hint.kind ? fact.kind == *hint.kind : speaks_of_what_it_is(fact.kind);
      return place && contains_ignoring_case(fact.value, hint.word);
    });
    if (!fits) continue;
    class_ = hint.device_class;
    return;
  }
}

}  // namespace gatewitness
