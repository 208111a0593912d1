// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "daemon/inquiry/coverage.h"
#include "daemon/inquiry/matching.h"
#include "daemon/inquiry/testimony.h"
#include "probes/wire/names.h"
#include "probes/wire/text.h"

namespace gatewitness {
namespace {

// Before a session its binding, its address and its name were told; bindings outlive sessions (conntrack's
// TIME_WAIT).
constexpr Duration kBefore = std::chrono::hours(24);
constexpr Duration kAfter = std::chrono::minutes(5);
constexpr std::size_t kOthersListed = 64;
constexpr std::size_t kCandidatesListed = 32;

std::string period(const KeptOutside& outside) {
  return to_string(outside.address) + " from " + to_string(outside.since) + " to " + to_string(outside.until);
}

// Whether the address in the report is, or was, this gateway's.
void note_public_address(const Inquiry& inquiry, const Records& records, bool behind_another_nat,
                         std::vector<std::string>& notes) {
  if (behind_another_nat) {
    std::string has;
    for (const auto& outside : records.outside) {
      if (outside.address.is_v4()) has = to_string(outside.address);
    }
    notes.push_back(
        "The gateway's own address outside is private (" + has +
        "): the provider translates once more, and the address and port in the report are the provider's. "
        "For the last step its translation log is needed; here the receiver and the time decide.");
    return;
  }
  if (!inquiry.public_address || records.outside.empty()) return;
  const auto had = std::find_if(
      records.outside.begin(), records.outside.end(),
      [&](const KeptOutside& outside) { return outside.address.unmapped() == *inquiry.public_address; });
  const auto family = [&](const KeptOutside& outside) {
    return outside.address.is_v4() == inquiry.public_address->is_v4();
  };
  if (had == records.outside.end()) {
    std::string seen;
    for (const auto& outside : records.outside) {
      if (family(outside) && seen.size() < 512) seen += (seen.empty() ? "" : "; ") + period(outside);
    }
    notes.push_back(to_string(*inquiry.public_address) + " was never seen as an address of this home" +
                    (seen.empty() ? "." : " (seen: " + seen + ")."));
  } else if (inquiry.at &&
             (*inquiry.at + inquiry.skew < had->since || *inquiry.at - inquiry.skew > had->until)) {
    notes.push_back("Connections left with " + period(*had) + "; the report's time lies outside.");
  }
}

void note_memory(const Records& records, Timestamp from, std::vector<std::string>& notes) {
  if (!records.oldest)
    notes.emplace_back("Nothing has been recorded yet.");
  else if (from < *records.oldest)
    notes.push_back("What happened before " + to_string(*records.oldest) + " is not kept.");
  if (records.cut)
    notes.emplace_back("More happened in that time than is read for one question: narrow it down.");
}

void note_offload(const Scene& scene, std::vector<std::string>& notes) {
  const auto unseen = std::count_if(
      scene.sessions().begin(), scene.sessions().end(),
      [](const Session& session) { return session.evidence.binding && session.evidence.binding->offloaded; });
  if (unseen > 0)
    notes.push_back(std::to_string(unseen) +
                    " connections of that time were offloaded by the gateway: their bindings are known, what "
                    "was said is not.");
}

// Everything that ties the candidate to the report, each with its time and source.
void testify_to(Candidate& candidate, const Scene& scene) {
  const AttemptEvidence& session = candidate.session;
  const auto& attempt = session.attempt;
  const auto add = [&](Timestamp time, std::string source, std::string text) {
    candidate.evidence.push_back({time, std::move(source), std::move(text)});
  };
  const IpAddress& inside = attempt.flow.source.address;
  if (session.tenure)
    add(session.tenure->from, std::string(to_string(session.tenure->source)),
        to_string(inside) + " belonged to " + to_string(session.tenure->mac));
  else if (const Tenure* tenure = scene.addresses().who_had(inside, attempt.started))
    add(tenure->from, std::string(to_string(tenure->source)),
        to_string(inside) + " belonged to " + to_string(tenure->mac));
  if (session.from_frame && session.device.kind == DeviceId::Kind::kMac)
    add(attempt.started, "frame",
        "a frame of " + to_string(session.device) +
            (attempt.interface.empty() ? "" : " on " + printable(attempt.interface, 32)) + " opened " +
            to_string(attempt.flow));
  if (session.binding)
    add(session.binding->started, "conntrack",
        to_string(session.binding->inside) + " left as " + to_string(session.binding->outside.source) +
            (session.binding->gateway_origin ? ", made by the gateway itself" : "") +
            (session.binding->from_dump ? ", begun before the probe did" : ""));
  if (attempt.smtp) {
    const auto& smtp = *attempt.smtp;
    if (!smtp.ehlo.empty())
      add(attempt.started, "smtp", "it called itself \"" + printable(smtp.ehlo, 128) + "\"");
    for (const auto& id : smtp.queue_ids)
      add(attempt.last, "smtp", "the receiver took a message as \"" + printable(id, 128) + "\"");
    for (const auto& refusal : smtp.refusals)
      add(attempt.last, "smtp",
          "the receiver refused: " + std::to_string(refusal.code) + " " +
              std::string(wire::to_string(refusal.kind)) +
              (refusal.list.empty() ? "" : " " + printable(refusal.list, 64)));
  }
  if (session.binding && session.binding->ended)
    add(*session.binding->ended, "conntrack", "the gateway forgot the connection");
  std::stable_sort(candidate.evidence.begin(), candidate.evidence.end(),
                   [](const Evidence& a, const Evidence& b) { return a.time < b.time; });
}

// Where it must have happened. A connection that is tied to one device by queue id or port says when it was;
// else the report's time does, as far as clocks can be trusted, and what has not come yet cannot be missing.
std::optional<Stretch> stretch_of(const Inquiry& inquiry, const Records& records,
                                  const std::vector<Fit>& found) {
  const auto another = [&](const Fit& fit) {
    return fit.session->evidence.device != found.front().session->evidence.device;
  };
  if (!found.empty() && found.front().match <= Match::kPublicPort &&
      std::none_of(found.begin(), found.end(), another)) {
    const auto nearest = std::min_element(found.begin(), found.end(),
                                          [](const Fit& a, const Fit& b) { return a.apart < b.apart; });
    return Stretch{nearest->session->began, nearest->session->ended};
  }
  if (!inquiry.at) return std::nullopt;
  Stretch stretch{*inquiry.at - inquiry.skew, *inquiry.at + inquiry.skew};
  Timestamp newest = *inquiry.at;
  for (const auto& watch : records.watches) newest = std::max(newest, watch.until);
  stretch.to = std::min(stretch.to, newest);
  return stretch;
}

}  // namespace

std::string_view to_string(Match match) {
  static constexpr std::array<std::string_view, 6> kNames = {"queue-id",  "five-tuple",  "public-port",
                                                             "same-port", "destination", "time"};
  return kNames[static_cast<std::size_t>(match) % kNames.size()];
}

Stretch stretch_for(const Inquiry& inquiry, Timestamp moment) {
  return {moment - inquiry.skew - kBefore, moment + inquiry.skew + kAfter};
}

Stretch traffic_for(const Inquiry& inquiry, Timestamp moment) {
  return {moment - inquiry.skew - kAfter, moment + inquiry.skew + kAfter};
}

Testimony testify(const Inquiry& inquiry, const Records& records, const TestifyOptions& options) {
  Testimony testimony;
  const Scene scene(records, options);
  const bool behind_another_nat = is_behind_another_nat(records, scene.lan());
  const auto found = fits(inquiry, scene, behind_another_nat);
  Coverage covered;
  if (const auto stretch = stretch_of(inquiry, records, found)) {
    testimony.from = stretch->from;
    testimony.to = stretch->to;
    covered = coverage(records, *testimony.from, *testimony.to);
    note_memory(records, *testimony.from, testimony.notes);
  }
  testimony.watched = covered.watched;
  testimony.gaps = covered.gaps;
  testimony.candidates = candidates_from(found, inquiry, scene, options, covered.complete);
  if (testimony.candidates.size() > kCandidatesListed) {
    testimony.notes.push_back(std::to_string(testimony.candidates.size()) + " devices fit; " +
                              std::to_string(kCandidatesListed) + " are listed.");
    testimony.candidates.resize(kCandidatesListed);
  }
  for (auto& candidate : testimony.candidates) testify_to(candidate, scene);
  note_public_address(inquiry, records, behind_another_nat, testimony.notes);
  note_offload(scene, testimony.notes);
  if (testimony.from)
    testimony.others = bystanders(scene, testimony.candidates, covered, *testimony.from, *testimony.to);
  if (testimony.others.size() > kOthersListed) {
    testimony.others_unlisted = testimony.others.size() - kOthersListed;
    testimony.others.resize(kOthersListed);
  }
  using Verdict = Testimony::Verdict;
  const auto& all = testimony.candidates;
  const bool known = !all.empty() && all.front().graded.grade > Grade::kUnknown;
  // One that stands out by its grade is named; equals are several.
  const bool stands_out = known && (all.size() == 1 || all[1].graded.grade < all[0].graded.grade);
  testimony.verdict = all.empty() ? Verdict::kNobody : stands_out ? Verdict::kNamed : Verdict::kSeveral;
  if (all.size() == 1 && !known) testimony.verdict = Verdict::kNobody;
  return testimony;
}

}  // namespace gatewitness
