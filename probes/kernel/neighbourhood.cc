// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/neighbourhood.h"

#include <algorithm>

namespace gatewitness::kernel {

Neighbourhood::Neighbourhood(const NeighbourhoodLimits& limits, std::vector<std::string> interfaces,
                             Emit emit)
    : limits_(limits), interfaces_(std::move(interfaces)), emit_(std::move(emit)) {}

void Neighbourhood::message(const RouteMessage& message, Timestamp now) {
  std::visit([&](const auto& content) { take(content, now); }, message);
}

void Neighbourhood::take(const Link& link, Timestamp now) {
  if (link.removed) return remove_link(link.index, now);
  const auto found = links_.find(link.index);
  if (found == links_.end()) {
    if (links_.size() >= limits_.links) {
      ++counters_.links_refused;
      return;
    }
    links_[link.index] = {link.name, link.mac, generation_};
    return tell_addresses(link.index, false, now);
  }
  KnownLink& known = found->second;
  known.generation = generation_;
  if (known.name == link.name && known.mac == link.mac) return;
  if (known.name != link.name) tell_addresses(link.index, true, now);
  known.name = link.name;
  known.mac = link.mac;
  tell_addresses(link.index, false, now);
}

void Neighbourhood::take(const InterfaceAddress& address, Timestamp now) {
  const Key key(address.address, address.index);
  const auto found = addresses_.find(key);
  const KnownAddress fresh{address.prefix_length, generation_};
  if (address.removed) {
    if (found == addresses_.end()) return;
    tell(key, fresh, true, now);
    addresses_.erase(found);
    return;
  }
  const bool news = found == addresses_.end() || found->second.prefix_length != address.prefix_length;
  if (found == addresses_.end() && addresses_.size() >= limits_.addresses)
    ++counters_.addresses_refused;
  else
    addresses_[key] = fresh;
  if (news) tell(key, fresh, false, now);
}

void Neighbourhood::take(const Neighbour& neighbour, Timestamp now) {
  if (!interfaces_.empty() && std::ranges::find(interfaces_, name_of(neighbour.index)) == interfaces_.end())
    return;
  const Key key(neighbour.address, neighbour.index);
  const auto found = neighbours_.find(key);
  if (neighbour.state == NeighbourState::kKnown) {
    const KnownNeighbour fresh{neighbour.mac, neighbour.is_router, generation_};
    const bool news = found == neighbours_.end() || found->second.mac != fresh.mac ||
                      found->second.is_router != fresh.is_router;
    if (found == neighbours_.end() && neighbours_.size() >= limits_.neighbours)
      ++counters_.neighbours_unkept;
    else
      neighbours_[key] = fresh;
    if (news) tell(key, fresh, false, now);
    return;
  }
  if (found == neighbours_.end()) return;
  found->second.generation = generation_;
  if (neighbour.state == NeighbourState::kUnknown) return;
  if (neighbour.state == NeighbourState::kFailed) tell(key, found->second, true, now);
  neighbours_.erase(found);
}

void Neighbourhood::remove_link(uint32_t index, Timestamp now) {
  tell_addresses(index, true, now);
  std::erase_if(addresses_, [index](const auto& entry) { return entry.first.second == index; });
  std::erase_if(neighbours_, [index](const auto& entry) { return entry.first.second == index; });
  links_.erase(index);
}

void Neighbourhood::end_dump(Timestamp now) {
  const auto gone = [this](const auto& entry) { return entry.second.generation < generation_; };
  for (const auto& entry : addresses_)
    if (gone(entry)) tell(entry.first, entry.second, true, now);
  std::erase_if(addresses_, gone);
  // A neighbour that the kernel forgot is not one that gave up its address.
  std::erase_if(neighbours_, gone);
  std::erase_if(links_, gone);
}

bool Neighbourhood::is_own(const IpAddress& address) const {
  if (address.is_loopback()) return true;
  const auto found = addresses_.lower_bound(Key(address, 0));
  return found != addresses_.end() && found->first.first == address;
}

void Neighbourhood::tell_addresses(uint32_t index, bool removed, Timestamp now) {
  for (const auto& [key, address] : addresses_)
    if (key.second == index) tell(key, address, removed, now);
}

void Neighbourhood::tell(const Key& key, const KnownAddress& address, bool removed, Timestamp now) {
  const auto link = links_.find(key.second);
  emit_(now, wire::LocalAddress{.interface = name_of(key.second),
                                .mac = link == links_.end() ? MacAddress{} : link->second.mac,
                                .address = key.first,
                                .prefix_length = address.prefix_length,
                                .removed = removed});
}

void Neighbourhood::tell(const Key& key, const KnownNeighbour& neighbour, bool withdrawn, Timestamp now) {
  emit_(now, wire::AddressClaim{.interface = name_of(key.second),
                                .mac = neighbour.mac,
                                .address = key.first,
                                .source = wire::ClaimSource::kNeighbour,
                                .lease_s = std::nullopt,
                                .withdrawn = withdrawn,
                                .is_router = neighbour.is_router});
}

std::string Neighbourhood::name_of(uint32_t index) const {
  const auto found = links_.find(index);
  return found == links_.end() ? std::string() : found->second.name;
}

}  // namespace gatewitness::kernel
