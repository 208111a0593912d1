// SPDX-License-Identifier: Apache-2.0
#include "daemon/report/claims.h"

#include <algorithm>

namespace gatewitness::report {
namespace {

// Mail that is taken in small pieces, and two clocks that tick together, differ by less.
constexpr auto kSameTime = std::chrono::seconds(60);

Claim claim_of(const Hop& hop) {
  Claim claim;
  claim.format = "mail";
  claim.public_address = hop.from;
  claim.public_port = hop.port;
  claim.time = hop.time;
  if (hop.time) claim.time_source = "received header";
  claim.destination = hop.by_address;
  claim.helo = hop.helo;
  claim.queue_id = hop.id;
  claim.receiver = hop.by;
  claim.notes = hop.notes;
  return claim;
}

void combine_port(Claim& claim, const Hop& hop) {
  if (!claim.public_port) {
    claim.public_port = hop.port;
  } else if (hop.port && hop.port != claim.public_port) {
    add_note(claim.notes, "the report says port " + std::to_string(*claim.public_port) +
                              ", the attached mail's Received line port " + std::to_string(*hop.port) +
                              "; the report's was taken");
  }
}

void combine_time(Claim& claim, const Hop& hop) {
  if (!hop.time) return;
  if (!claim.time) {
    claim.time = hop.time;
    claim.time_source = "received header";
    return;
  }
  const auto apart = *claim.time > *hop.time ? *claim.time - *hop.time : *hop.time - *claim.time;
  if (apart < kSameTime) return;
  add_note(claim.notes, "the report says " + gatewitness::to_string(*claim.time) +
                            ", the attached mail's Received line " + gatewitness::to_string(*hop.time) +
                            "; the report's was taken");
}

}  // namespace

void add_note(std::vector<std::string>& notes, std::string note) {
  if (notes.size() >= kMaxNotes) return;
  note.resize(std::min(note.size(), kMaxText));
  if (notes.size() + 1 == kMaxNotes) note = "there is more to note than is shown";
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

std::vector<Claim> claims_of(const std::vector<Hop>& hops, const ReadOptions& options) {
  std::vector<Claim> claims;
  std::size_t wanted = 0;
  for (const Hop& hop : hops) {
    if (!hop.from) continue;
    const bool ours =
        options.is_own ? options.is_own(*hop.from) : !hop.from->is_private() && !hop.from->is_multicast();
    if (!ours) continue;
    ++wanted;
    if (claims.size() == options.claims_per_message) continue;
    claims.push_back(claim_of(hop));
    const auto above = &hop - hops.data();
    if (above != 0)
      add_note(claims.back().notes, "the Received line has " + std::to_string(above) +
                                        " above it: it is as true as the servers that wrote those");
  }
  for (Claim& claim : claims) {
    if (!options.is_own)
      add_note(claim.notes,
               "it is not known which addresses are this gateway's: any Received line with a public address "
               "was taken");
    if (wanted > 1)
      add_note(claim.notes,
               std::to_string(wanted) +
                   " Received lines qualify; the topmost is the most trusted, each below it may have been "
                   "written by the sender");
  }
  return claims;
}

void combine(Claim& claim, const std::vector<Hop>& hops) {
  if (!claim.public_address) return;
  const IpAddress client = *claim.public_address;
  if (hops.empty()) return add_note(claim.notes, "the attached mail has no Received lines");
  const auto same_client = [&](const Hop& hop) { return hop.from == client; };
  const auto hop = std::find_if(hops.begin(), hops.end(), same_client);
  if (hop == hops.end())
    return add_note(claim.notes,
                    "no Received line of the attached mail is from " + gatewitness::to_string(client));
  const auto count = std::count_if(hops.begin(), hops.end(), same_client);
  if (count > 1)
    add_note(claim.notes, std::to_string(count) + " Received lines of the attached mail are from " +
                              gatewitness::to_string(client) + "; the topmost was taken");
  combine_port(claim, *hop);
  combine_time(claim, *hop);
  if (!claim.destination) claim.destination = hop->by_address;
  claim.helo = hop->helo;
  claim.queue_id = hop->id;
  if (!hop->by.empty()) claim.receiver = hop->by;
  for (const std::string& note : hop->notes) add_note(claim.notes, note);
}

void finish(Claim& claim, const ReadOptions& options) {
  if (!claim.public_address) return;
  const IpAddress address = *claim.public_address;
  if (address.is_private() || address.is_multicast())
    add_note(claim.notes, gatewitness::to_string(address) + " is no public address");
  else if (options.is_own && !options.is_own(address))
    add_note(claim.notes, gatewitness::to_string(address) + " is not known as an address of this gateway");
  if (!claim.public_port) add_note(claim.notes, "no source port is given");
  if (!claim.time) add_note(claim.notes, "no time is given");
}

}  // namespace gatewitness::report
