// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/links.h"

#include <algorithm>
#include <array>

#include "daemon/identity/mac_kind.h"
#include "probes/wire/names.h"
#include "probes/wire/text.h"

namespace gatewitness {
namespace {

using wire::FactKind;

constexpr std::array kNames = {FactKind::kDhcpHostName, FactKind::kDhcpFqdn, FactKind::kMdnsName};
constexpr std::array kKinds = {FactKind::kDhcpParameters, FactKind::kDhcpVendorClass,
                               FactKind::kSynFingerprint};

// Type 1 and the MAC (RFC 2132 section 9.14): it says no more than the frame does.
bool is_own_mac(std::string_view client_id, const MacAddress& mac) {
  std::string own = "01";
  for (const uint8_t byte : mac.bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    own += kDigits[byte >> 4];
    own += kDigits[byte & 15];
  }
  return client_id == own;
}

// The first value of this kind that both have said.
std::string_view common(const SeenDevice& a, const SeenDevice& b, FactKind kind) {
  for (const auto& one : a.identity->facts()) {
    if (one.kind != kind || one.value.empty()) continue;
    for (const auto& other : b.identity->facts())
      if (other.kind == kind && other.value == one.value) return one.value;
  }
  return {};
}

bool both_say(const SeenDevice& a, const SeenDevice& b, FactKind kind) {
  const auto says = [&](const SeenDevice& device) {
    return std::ranges::any_of(device.identity->facts(),
                               [&](const KnownFact& fact) { return fact.kind == kind; });
  };
  return says(a) && says(b);
}

std::optional<Link> compare(const SeenDevice& device, const SeenDevice& earlier, const RuleSet& rules) {
  Link link;
  link.earlier = earlier.mac;
  const auto client_id = common(device, earlier, FactKind::kDhcpClientId);
  const bool same_id = !client_id.empty() && !is_own_mac(client_id, device.mac);
  if (same_id) link.grounds.emplace_back("the same DHCP client id");
  bool same_name = false;
  for (const FactKind kind : kNames) {
    const auto name = common(device, earlier, kind);
    if (name.empty() || rules.is_generic(name) || same_name) continue;
    same_name = true;
    link.grounds.push_back("the same name, \"" + printable(name, 64) + "\"");
  }
  unsigned alike = 0, unlike = 0;
  for (const FactKind kind : kKinds) {
    if (!both_say(device, earlier, kind)) continue;
    const bool same = !common(device, earlier, kind).empty();
    ++(same ? alike : unlike);
    if (same) link.grounds.push_back("the same " + std::string(wire::to_string(kind)));
  }
  if (same_id) {
    link.strength = Strength::kStrong;
  } else if (same_name) {
    // Two phones of one name: what they say of their kind keeps them apart.
    if (unlike > alike) return std::nullopt;
    link.strength = alike > 0 && unlike == 0 ? Strength::kFair : Strength::kWeak;
  } else {
    return std::nullopt;  // a model is no device
  }
  return link;
}

}  // namespace

std::optional<Link> link_of(const SeenDevice& device, std::span<const SeenDevice> others,
                            const RuleSet& rules) {
  if (device.identity == nullptr || mac_kind(device.mac) != MacKind::kMadeUp) return std::nullopt;
  std::optional<Link> best;
  Timestamp newest;
  for (const auto& other : others) {
    if (other.identity == nullptr || other.mac == device.mac || other.first >= device.first) continue;
    // One that is still there while this one is, is another.
    if (other.last > device.first && other.last - device.first > std::chrono::hours(1)) continue;
    auto link = compare(device, other, rules);
    if (!link) continue;
    if (best &&
        (link->strength < best->strength || (link->strength == best->strength && other.last <= newest)))
      continue;
    best = std::move(link);
    newest = other.last;
  }
  return best;
}

}  // namespace gatewitness
