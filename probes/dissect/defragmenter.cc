// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/defragmenter.h"

#include <algorithm>
#include <iterator>

namespace gatewitness::dissect {

std::optional<Packet> Defragmenter::add(const Packet& fragment, Timestamp time) {
  ++counters_.fragments;
  const auto is_over = [&](const Datagram& datagram) {
    return time < datagram.started || time - datagram.started > kTimeout;  // before: the clock was set back
  };
  while (!datagrams_.empty() && is_over(datagrams_.front())) forget_oldest();
  if (limit_ == 0) return std::nullopt;
  const Place place = find_or_begin(fragment, time);
  if (place->worthless) return std::nullopt;
  if (!take_part(*place, fragment)) {
    give_up(*place);
    return std::nullopt;
  }
  if (place->size && place->bytes == *place->size) return finish(place);
  while (pending_bytes_ > kMaxPendingBytes) forget_oldest();
  return std::nullopt;
}

Defragmenter::Place Defragmenter::find_or_begin(const Packet& fragment, Timestamp time) {
  const auto found = std::find_if(datagrams_.begin(), datagrams_.end(), [&](const Datagram& datagram) {
    return datagram.id == fragment.fragment_id && datagram.source == fragment.source &&
           datagram.destination == fragment.destination &&
           // In IPv6 only the first fragment knows its protocol for sure, so it is no part of the key (RFC
           // 8200).
           (fragment.source.is_v6() || datagram.protocol == fragment.protocol);
  });
  if (found != datagrams_.end()) return found;
  if (datagrams_.size() >= limit_) forget_oldest();
  Datagram datagram;
  datagram.source = fragment.source;
  datagram.destination = fragment.destination;
  datagram.id = fragment.fragment_id;
  datagram.protocol = fragment.protocol;
  datagram.started = time;
  datagrams_.push_back(std::move(datagram));
  return std::prev(datagrams_.end());
}

// False: the datagram is worthless now.
bool Defragmenter::take_part(Datagram& datagram, const Packet& fragment) {
  const auto& bytes = fragment.ip_payload;
  const std::size_t end = fragment.fragment_offset + bytes.size();
  if (fragment.missing_bytes > 0 || bytes.empty() || end > kMaxBytes) return false;
  if (fragment.more_fragments && bytes.size() % 8 != 0) return false;
  const auto known = datagram.parts.find(fragment.fragment_offset);
  if (known != datagram.parts.end()) {
    // The network may double a packet; the same part again is no overlap.
    return std::equal(bytes.begin(), bytes.end(), known->second.begin(), known->second.end());
  }
  const auto next = datagram.parts.upper_bound(fragment.fragment_offset);
  if (next != datagram.parts.end() && next->first < end) return false;
  if (next != datagram.parts.begin()) {
    const auto& before = *std::prev(next);
    if (before.first + before.second.size() > fragment.fragment_offset) return false;
  }
  if (!fragment.more_fragments) {
    if (datagram.size || next != datagram.parts.end()) return false;
    datagram.size = end;
  } else if (datagram.size && end > *datagram.size) {
    return false;
  }
  if (datagram.parts.size() >= kMaxFragments) return false;
  if (fragment.fragment_offset == 0) datagram.first = fragment;
  datagram.parts.emplace(fragment.fragment_offset, std::vector<uint8_t>(bytes.begin(), bytes.end()));
  datagram.bytes += bytes.size();
  pending_bytes_ += bytes.size();
  return true;
}

std::optional<Packet> Defragmenter::finish(Place place) {
  whole_.clear();
  for (const auto& [offset, bytes] : place->parts) whole_.insert(whole_.end(), bytes.begin(), bytes.end());
  Packet packet = place->first;
  pending_bytes_ -= place->bytes;
  datagrams_.erase(place);
  ++counters_.datagrams;
  packet.ip_packet = {};  // no one buffer holds headers and payload; nDPI does without
  packet.ip_payload = whole_;
  decode_transport(packet);
  return packet;
}

void Defragmenter::give_up(Datagram& datagram) {
  datagram.worthless = true;
  ++counters_.dropped;
  pending_bytes_ -= datagram.bytes;
  datagram.bytes = 0;
  datagram.parts.clear();
}

void Defragmenter::forget_oldest() {
  if (!datagrams_.front().worthless) give_up(datagrams_.front());
  datagrams_.pop_front();
}

}  // namespace gatewitness::dissect
