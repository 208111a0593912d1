// SPDX-License-Identifier: Apache-2.0
#include "probes/leases/lease_book.h"

#include <algorithm>

namespace gatewitness::leases {
namespace {

using wire::FactKind;

bool is_over(const Lease& lease, Timestamp now) {
  return lease.until && *lease.until <= now;
}

// Which of two files is right about an address: the one whose lease was given later, and so ends later.
bool is_newer(const Lease& lease, const Lease& than) {
  return than.until && (!lease.until || *lease.until > *than.until);
}

bool same_end(const Lease& a, const Lease& b) {
  if (!a.until || !b.until) return a.until == b.until;
  const Duration apart = *a.until > *b.until ? *a.until - *b.until : *b.until - *a.until;
  return apart < LeaseBook::kSameEnd;
}

bool same_claim(const Lease& a, const Lease& b) {
  return a.mac == b.mac && a.interface == b.interface && same_end(a, b);
}

std::optional<uint32_t> seconds_left(const Lease& lease, Timestamp now) {
  if (!lease.until) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::seconds>(*lease.until - now).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(left, 0, UINT32_MAX));
}

}  // namespace

void LeaseBook::take(std::size_t file, std::vector<Lease> leases, Timestamp now) {
  files_[file] = std::move(leases);
  compare(now);
}

void LeaseBook::take(std::vector<StaticName> names, Timestamp now) {
  names_.clear();
  for (auto& each : names) names_.emplace(each.mac, std::move(each.name));
  for (const auto& entry : names_)
    if (present_.contains(entry.first)) name(entry.first, now);
}

void LeaseBook::present(const MacAddress& mac, Timestamp now) {
  if (present_.size() >= kMaxPresent && !present_.contains(mac)) return;
  if (present_.insert(mac).second) name(mac, now);
}

void LeaseBook::tick(Timestamp now) {
  if (next_end_ && *next_end_ <= now) compare(now);
}

std::map<IpAddress, const Lease*> LeaseBook::current(Timestamp now) const {
  std::map<IpAddress, const Lease*> out;
  for (const auto& [file, leases] : files_) {
    for (const Lease& lease : leases) {
      if (is_over(lease, now)) continue;
      auto& place = out[lease.address];
      if (place == nullptr || is_newer(lease, *place)) place = &lease;
    }
  }
  return out;
}

void LeaseBook::compare(Timestamp now) {
  const auto leases = current(now);
  for (auto told = told_.begin(); told != told_.end();) {
    const auto found = leases.find(told->first);
    // What belongs to another MAC now is said before that one is named.
    const bool gone = found == leases.end() || found->second->mac != told->second.mac;
    if (gone) claim(told->second, true, now);
    told = gone ? told_.erase(told) : std::next(told);
  }
  next_end_.reset();
  for (const auto& [address, lease] : leases) {
    if (lease->until && (!next_end_ || *lease->until < *next_end_)) next_end_ = lease->until;
    const auto told = told_.find(address);
    if (told == told_.end() || !same_claim(told->second, *lease)) {
      claim(*lease, false, now);
      told_[address] = *lease;
    }
    describe(*lease, now);
  }
}

void LeaseBook::claim(const Lease& lease, bool withdrawn, Timestamp now) {
  ++(withdrawn ? counters_.withdrawn : counters_.told);
  emit_(now, wire::AddressClaim{.interface = lease.interface,
                                .mac = lease.mac,
                                .address = lease.address,
                                .source = wire::ClaimSource::kLease,
                                .lease_s = withdrawn ? std::nullopt : seconds_left(lease, now),
                                .withdrawn = withdrawn,
                                .is_router = false});
}

void LeaseBook::describe(const Lease& lease, Timestamp now) {
  fact(lease.interface, lease.mac, FactKind::kDhcpHostName, lease.host_name, now);
  fact(lease.interface, lease.mac, FactKind::kDhcpClientId, lease.client_id, now);
  present(lease.mac, now);
}

void LeaseBook::name(const MacAddress& mac, Timestamp now) {
  const auto found = names_.find(mac);
  if (found != names_.end()) fact("", mac, FactKind::kStaticName, found->second, now);
}

void LeaseBook::fact(const std::string& interface, const MacAddress& mac, FactKind kind,
                     const std::string& value, Timestamp now) {
  if (value.empty()) return;
  if (facts_.size() >= kMaxTold) facts_.clear();
  if (!facts_.emplace(mac, kind, value).second) return;
  emit_(now, wire::IdentityFact{.interface = interface,
                                .mac = mac,
                                .address = std::nullopt,
                                .kind = kind,
                                .value = value,
                                .on_record = true});
}

}  // namespace gatewitness::leases
