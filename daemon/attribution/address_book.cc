// SPDX-License-Identifier: Apache-2.0
#include "daemon/attribution/address_book.h"

#include <algorithm>
#include <array>

namespace gatewitness {
namespace {

// How long a conflict over an address is looked back for; two MACs that answer for one address do so within
// seconds.
bool holds_at(const Tenure& tenure, Timestamp time) {
  if (time < tenure.from) return false;
  if (tenure.to) return time < *tenure.to;
  return time - tenure.confirmed <= tenure.validity;
}

// How near the source stands to the device's own word. The kernel's table also holds what was true long ago;
// a lease says who was given the address, not who uses it, and names the MAC in a DUID, which may be that of
// the device's other interface.
int nearness(TenureSource source) {
  if (source == TenureSource::kNeighbour) return 0;
  return source == TenureSource::kLease ? 1 : 2;
}

TenureSource source_of(wire::ClaimSource source) {
  if (source == wire::ClaimSource::kLease) return TenureSource::kLease;
  return static_cast<TenureSource>(source);
}

}  // namespace

std::string_view to_string(TenureSource source) {
  static constexpr std::array<std::string_view, 7> kNames = {"dhcp",      "dhcpv6", "arp",  "nd",
                                                             "neighbour", "frame",  "lease"};
  return kNames[static_cast<std::size_t>(source) % kNames.size()];
}

void AddressBook::learn(const wire::AddressClaim& claim, Timestamp time) {
  if (claim.mac.is_zero() || claim.mac.is_multicast()) return;
  if (claim.withdrawn) {
    const auto found = tenures_.find(claim.address);
    if (found == tenures_.end()) return;
    for (Tenure& tenure : found->second) {
      if (tenure.mac == claim.mac && !tenure.to) tenure.to = time;
    }
    return;
  }
  // A lease says itself how long; it is not cut short by the general limit, nor believed for ever (RFC 2131's
  // "infinite").
  const Duration validity =
      claim.lease_s ? Duration(std::chrono::seconds(std::min<uint32_t>(*claim.lease_s, 86400 * 30)))
                    : options_.claim_validity;
  note(claim.mac, claim.address, source_of(claim.source), time, validity);
}

void AddressBook::seen(const MacAddress& mac, const IpAddress& address, Timestamp time) {
  if (!mac.is_zero()) note(mac, address, TenureSource::kFrame, time, options_.claim_validity);
}

void AddressBook::note(const MacAddress& mac, const IpAddress& address, TenureSource source, Timestamp time,
                       Duration validity) {
  if (!tenures_.contains(address)) make_room();
  auto& list = tenures_[address];
  const bool is_late = std::any_of(list.begin(), list.end(), [&](const Tenure& tenure) {
    return tenure.mac != mac && tenure.from > time;
  });
  if (is_late) return note_late(list, {mac, address, source, time, time, std::nullopt, validity});
  for (Tenure& tenure : list) {
    if (tenure.to) continue;
    if (tenure.mac == mac) {
      tenure.confirmed = std::max(tenure.confirmed, time);
      tenure.validity = std::max(tenure.validity, validity);
      if (nearness(source) > nearness(tenure.source)) tenure.source = source;
      return;
    }
    // Nobody loses an address that he has on better grounds.
    if (nearness(source) < nearness(tenure.source) && holds_at(tenure, time)) return;
    tenure.to = std::max(tenure.from, time);  // somebody else has it now
  }
  if (list.size() >= kMaxTenuresPerAddress) {
    list.erase(list.begin());
    ++forgotten_;
  }
  list.push_back({mac, address, source, time, time, std::nullopt, validity});
}

// News of a time before somebody else had the address (the last word of a flow comes after its end): it makes
// the past better known and ends nothing.
void AddressBook::note_late(std::vector<Tenure>& list, const Tenure& late) {
  const auto next =
      std::find_if(list.begin(), list.end(), [&](const Tenure& t) { return t.from > late.from; });
  for (auto earlier = next; earlier != list.begin();) {
    --earlier;
    if (earlier->mac != late.mac) break;
    earlier->confirmed = std::max(earlier->confirmed, late.from);
    if (earlier->to) earlier->to = std::max(*earlier->to, late.from);
    return;
  }
  if (list.size() >= kMaxTenuresPerAddress) {
    ++forgotten_;
    return;
  }
  Tenure past = late;
  past.to = next == list.end() ? late.from : next->from;
  list.insert(next, past);
}

// The address that was confirmed longest ago goes. Searched, because it happens only when somebody floods.
void AddressBook::make_room() {
  if (tenures_.size() < kMaxAddresses) return;
  const auto newest = [](const auto& entry) {
    return entry.second.empty() ? Timestamp::min() : entry.second.back().confirmed;
  };
  const auto oldest = std::min_element(tenures_.begin(), tenures_.end(),
                                       [&](const auto& a, const auto& b) { return newest(a) < newest(b); });
  tenures_.erase(oldest);
  ++forgotten_;
}

const Tenure* AddressBook::who_had(const IpAddress& address, Timestamp time) const {
  const auto found = tenures_.find(address);
  if (found == tenures_.end()) return nullptr;
  const auto& list = found->second;
  const auto held =
      std::find_if(list.rbegin(), list.rend(), [&](const Tenure& tenure) { return holds_at(tenure, time); });
  return held == list.rend() ? nullptr : &*held;
}

std::optional<MacAddress> AddressBook::rival(const IpAddress& address, const MacAddress& mac, Timestamp time,
                                             Duration within) const {
  const auto found = tenures_.find(address);
  if (found == tenures_.end()) return std::nullopt;
  for (const Tenure& tenure : found->second) {
    if (tenure.mac == mac) continue;
    // A lease answers for nobody (and see nearness).
    if (tenure.source == TenureSource::kLease) continue;
    const bool near = tenure.confirmed + within >= time && tenure.from <= time + within;
    if (near) return tenure.mac;
  }
  return std::nullopt;
}

std::vector<Tenure> AddressBook::addresses_of(const MacAddress& mac, std::size_t limit) const {
  std::vector<Tenure> out;
  for (const auto& [address, list] : tenures_) {
    for (const Tenure& tenure : list) {
      if (tenure.mac == mac) out.push_back(tenure);
    }
  }
  std::sort(out.begin(), out.end(), [](const Tenure& a, const Tenure& b) {
    return std::tie(b.from, a.address) < std::tie(a.from, b.address);
  });
  if (out.size() > limit) out.resize(limit);
  return out;
}

uint32_t AddressBook::addresses_held(const MacAddress& mac, Timestamp time) const {
  uint32_t count = 0;
  for (const auto& [address, list] : tenures_) {
    if (address.is_v6() || address.is_link_local()) continue;
    count += std::any_of(list.begin(), list.end(),
                         [&](const Tenure& tenure) { return tenure.mac == mac && holds_at(tenure, time); });
  }
  return count;
}

}  // namespace gatewitness
