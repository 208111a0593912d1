// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/identity.h"

#include <algorithm>
#include <tuple>

#include "daemon/identity/ballot.h"
#include "daemon/identity/classes.h"
#include "daemon/identity/mac_kind.h"
#include "probes/wire/names.h"

namespace gatewitness {
namespace {

using wire::FactKind;
using About = Reason::About;

// Names in the order in which they are preferred: what the gateway's owner wrote down, then what the device
// says. HELO is no name: spammers lie there.
constexpr std::array kNameKinds = {FactKind::kStaticName, FactKind::kDhcpHostName, FactKind::kDhcpFqdn,
                                   FactKind::kMdnsName};

void add(std::vector<Reason>& out, const IdentityRule& rule, std::string_view source, std::string_view fact) {
  const auto say = [&](About about, std::string_view says) {
    if (says.empty()) return;
    out.push_back({about, std::string(says), std::string(source), std::string(fact), std::string(rule.text),
                   rule.strength});
  };
  say(About::kVendor, rule.vendor);
  say(About::kClass, rule.device_class);
}

// What the MAC says of the maker: the rules' word for him, else the registry's.
void add_oui(std::vector<Reason>& out, std::string_view maker, const RuleSet& rules) {
  if (maker.empty()) return;
  for (const IdentityRule& rule : rules.rules)
    if ((rule.places & kPlaceOui) != 0 && fits(rule, maker)) add(out, rule, "oui", maker);
  if (std::ranges::none_of(out, [](const Reason& reason) { return reason.about == About::kVendor; }))
    out.push_back({About::kVendor, std::string(maker), "oui", std::string(maker), "", Strength::kFair});
}

// A phone asks for the cloud of every app on it. Only where the MAC is that maker's own, or that of a maker
// of modules, does the question tell of the device; and not where it asks for several makers' clouds.
bool clouds_count(std::span<const Reason> by_mac, std::span<const Reason> by_cloud) {
  const bool module = std::ranges::any_of(by_mac, [](const Reason& reason) {
    return reason.about == About::kClass && reason.says == "iot-module";
  });
  std::string_view maker;
  for (const Reason& reason : by_mac)
    if (reason.about == About::kVendor && maker.empty()) maker = reason.says;
  std::string_view cloud;
  for (const Reason& reason : by_cloud) {
    if (reason.about != About::kVendor) continue;
    if (!cloud.empty() && !same_vendor(cloud, reason.says)) return false;
    cloud = reason.says;
  }
  return module || (!maker.empty() && !cloud.empty() && same_vendor(maker, cloud));
}

}  // namespace

std::string_view to_string(Reason::About about) {
  static constexpr std::array<std::string_view, 3> kNames = {"vendor", "class", "name"};
  return kNames[static_cast<std::size_t>(about)];
}

Identity::Identity(const MacAddress& mac, const IdentityOptions& options) : mac_(mac) {
  conclude(options);
}

Identity::Matches Identity::match(const KnownFact& fact, const RuleSet& rules) {
  Matches out;
  for (std::size_t i = 0; i < rules.rules.size() && out.count < kMaxRulesPerFact; ++i) {
    const IdentityRule& rule = rules.rules[i];
    if ((rule.places & place_of(fact.kind)) != 0 && fits(rule, fact.value))
      out.rules[out.count++] = static_cast<uint16_t>(i);
  }
  return out;
}

// How much a fact tells: a class more than a maker, whose other facts tell him as well.
unsigned Identity::worth(std::size_t fact, const RuleSet& rules) const {
  unsigned most = 0;
  for (std::size_t n = 0; n < matches_[fact].count; ++n) {
    const std::size_t number = matches_[fact].rules[n];
    if (number >= rules.rules.size()) continue;
    const IdentityRule& rule = rules.rules[number];
    most = std::max(most, static_cast<unsigned>(rule.strength) + (rule.device_class.empty() ? 0U : 16U));
  }
  return most;
}

void Identity::make_room(FactKind kind, const RuleSet& rules) {
  const auto of_kind = [&](const KnownFact& known) { return known.kind == kind; };
  const bool kind_full = static_cast<std::size_t>(std::ranges::count_if(facts_, of_kind)) >= kMaxPerKind;
  if (!kind_full && facts_.size() < kMaxFacts) return;
  std::size_t worst = facts_.size();
  const auto cost = [&](std::size_t i) {
    // Those of one kind in order of coming, for what is said most often is not what tells most.
    return std::tuple(worth(i, rules), kind_full ? Timestamp{} : facts_[i].time, i);
  };
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (kind_full && !of_kind(facts_[i])) continue;
    if (worst == facts_.size() || cost(i) < cost(worst)) worst = i;
  }
  facts_.erase(facts_.begin() + static_cast<std::ptrdiff_t>(worst));
  matches_.erase(matches_.begin() + static_cast<std::ptrdiff_t>(worst));
}

bool Identity::learn(const KnownFact& fact, const IdentityOptions& options) {
  const auto same = [&](const KnownFact& known) {
    return known.kind == fact.kind && known.value == fact.value;
  };
  if (const auto known = std::ranges::find_if(facts_, same); known != facts_.end()) {
    known->time = std::max(known->time, fact.time);
    return false;
  }
  make_room(fact.kind, *options.rules);
  facts_.push_back(fact);
  matches_.push_back(match(fact, *options.rules));
  const auto before = std::tuple(name_, vendor_, class_);
  conclude(options);
  return before != std::tie(name_, vendor_, class_);
}

void Identity::conclude_name(const RuleSet& rules) {
  name_.clear();
  std::string generic;
  for (const FactKind kind : kNameKinds) {
    // Of several, the newest; one that many devices have only where there is no other.
    for (const auto& fact : facts_) {
      if (fact.kind == kind && !fact.value.empty() && !rules.is_generic(fact.value)) name_ = fact.value;
      if (fact.kind == kind && generic.empty()) generic = fact.value;
    }
    if (!name_.empty()) return;
  }
  name_ = generic;
}

std::vector<Reason> Identity::evidence(const IdentityOptions& options) const {
  std::vector<Reason> out, clouds;
  add_oui(out, options.vendors.vendor_of(mac_), *options.rules);
  const std::size_t by_mac = out.size();
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    auto& list = facts_[i].kind == FactKind::kDnsCloud ? clouds : out;
    for (std::size_t n = 0; n < matches_[i].count; ++n) {
      const std::size_t rule = matches_[i].rules[n];
      if (rule < options.rules->rules.size())
        add(list, options.rules->rules[rule], wire::to_string(facts_[i].kind), facts_[i].value);
    }
  }
  if (clouds_count(std::span(out).first(by_mac), clouds)) out.insert(out.end(), clouds.begin(), clouds.end());
  return out;
}

void Identity::conclude(const IdentityOptions& options) {
  const auto all = evidence(options);
  vendor_ = best_vendor(all);
  class_ = best_class(all);
  conclude_name(*options.rules);
}

std::vector<Reason> Identity::reasons(const IdentityOptions& options) const {
  std::vector<Reason> out;
  for (auto& reason : evidence(options)) {
    const bool stands =
        reason.about == About::kVendor ? same_vendor(reason.says, vendor_) : reason.says == class_;
    const auto same = [&](const Reason& told) {
      return told.about == reason.about && told.source == reason.source && told.fact == reason.fact;
    };
    if (stands && std::ranges::none_of(out, same)) out.push_back(std::move(reason));
  }
  for (const auto& fact : facts_) {
    if (std::ranges::find(kNameKinds, fact.kind) != kNameKinds.end() && fact.value == name_)
      out.push_back(
          {About::kName, name_, std::string(wire::to_string(fact.kind)), fact.value, "", Strength::kFair});
  }
  std::ranges::stable_sort(out, [](const Reason& a, const Reason& b) {
    return std::pair(a.about, -static_cast<int>(a.strength)) <
           std::pair(b.about, -static_cast<int>(b.strength));
  });
  return out;
}

std::vector<Reason> Identity::contradictions(const IdentityOptions& options) const {
  std::vector<Reason> out;
  for (auto& reason : evidence(options)) {
    if (reason.strength == Strength::kWeak) continue;
    const std::string& concluded = reason.about == About::kVendor ? vendor_ : class_;
    const DeviceClass* said = reason.about == About::kClass ? find_class(reason.says) : nullptr;
    const bool agrees =
        reason.about == About::kVendor ? same_vendor(reason.says, concluded) : reason.says == concluded;
    if (agrees || (said != nullptr && said->general)) continue;
    out.push_back(std::move(reason));
  }
  return out;
}

}  // namespace gatewitness
