// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/matching.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "probes/wire/text.h"

namespace gatewitness {
namespace {

constexpr Duration kSameMoment = std::chrono::seconds(2);

Duration apart(const Session& session, const std::optional<Timestamp>& at) {
  if (!at) return Duration(0);
  if (*at < session.began) return session.began_earlier ? Duration(0) : session.began - *at;
  return *at > session.ended ? *at - session.ended : Duration(0);
}

bool has_queue_id(const Session& session, const std::string& queue_id) {
  if (queue_id.empty() || !session.evidence.attempt.smtp) return false;
  const auto& read = session.evidence.attempt.smtp->queue_ids;
  return std::find(read.begin(), read.end(), queue_id) != read.end();
}

bool is_receiver(const Session& session, const Inquiry& inquiry) {
  const auto& to = session.evidence.attempt.flow.destination;
  return inquiry.destination && to.address.unmapped() == *inquiry.destination &&
         (!inquiry.destination_port || to.port == *inquiry.destination_port);
}

// By what the world saw of it; nullopt: it does not fit.
std::optional<Match> match_of(const Session& session, const Inquiry& inquiry, bool behind_another_nat) {
  if (has_queue_id(session, inquiry.queue_id)) return Match::kQueueId;
  const bool other_receiver = inquiry.destination && !is_receiver(session, inquiry);
  if (other_receiver) return std::nullopt;
  // Without translation (IPv6) the inside is the outside.
  const auto& evidence = session.evidence;
  const Endpoint& inside = evidence.attempt.flow.source;
  const Endpoint outside = evidence.binding ? evidence.binding->outside.source : inside;
  const bool address_known = evidence.binding || !inside.address.is_private();
  // Behind a provider's translation the report's address and port are the provider's, not this gateway's.
  if (!behind_another_nat) {
    if (inquiry.public_address && address_known && outside.address.unmapped() != *inquiry.public_address)
      return std::nullopt;
    if (inquiry.port && address_known)
      return outside.port == *inquiry.port
                 ? std::optional(inquiry.destination ? Match::kFiveTuple : Match::kPublicPort)
                 : std::nullopt;
    if (inquiry.port && inside.port == *inquiry.port) return Match::kSamePort;
    if (inquiry.port) return std::nullopt;
  }
  return inquiry.destination ? Match::kDestination : Match::kTime;
}

void lower(Graded& graded, Grade to, std::string reason) {
  graded.grade = std::min(graded.grade, to);
  graded.reasons.push_back(std::move(reason));
}

// What the match itself leaves open, whatever is known of the session.
void limit_by_match(Candidate& candidate, bool alone, bool complete, bool behind_another_nat) {
  Graded& graded = candidate.graded;
  switch (candidate.match) {
    case Match::kQueueId:
    case Match::kFiveTuple:
    case Match::kPublicPort:
      break;
    case Match::kSamePort:
      lower(graded, Grade::kCircumstantial,
            "the port outside is not known; it is the same only if the gateway kept it");
      break;
    case Match::kDestination:
      if (behind_another_nat)
        lower(graded, Grade::kCircumstantial, "the port in the report is one of the provider's translation");
      else if (alone && complete)
        lower(graded, Grade::kStrong,
              "the report names no port; this is the only device that spoke to that server then");
      else
        lower(graded, Grade::kCircumstantial, "the report names no port");
      break;
    case Match::kTime:
      lower(graded, Grade::kCircumstantial, "only the time ties the report to it");
      break;
  }
}

// A mail can have been handed over in it, as far as was seen.
bool was_established(const Candidate& candidate) {
  return candidate.session.attempt.outcome >= wire::Outcome::kEstablished;
}

// Several devices fit equally well but for the time: a report's clock may be wrong. What never became a
// connection is no rival of one that did.
void limit_by_rivals(std::vector<Candidate>& candidates) {
  if (candidates.size() < 2) return;
  const auto established = std::count_if(candidates.begin(), candidates.end(), was_established);
  const auto rivals = established > 0 ? static_cast<std::size_t>(established) : candidates.size();
  const auto inside = [&](const Candidate& c) {
    return c.apart <= kSameMoment && (established == 0 || was_established(c));
  };
  const auto at_that_moment = std::count_if(candidates.begin(), candidates.end(), inside);
  const std::string all = std::to_string(candidates.size()) + " devices fit within the clocks' error";
  for (auto& candidate : candidates) {
    if (established > 0 && !was_established(candidate))
      lower(candidate.graded, Grade::kCircumstantial,
            "its connection was never established, another one was");
    else if (rivals == 1)
      lower(candidate.graded, Grade::kStrong, all + "; only this one's connection was established");
    else if (inside(candidate) && at_that_moment == 1)
      lower(candidate.graded, Grade::kStrong, all + "; this one at the very time of the report");
    else
      lower(candidate.graded, Grade::kCircumstantial, all);
  }
}

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

void weigh_words(Candidate& candidate, const Inquiry& inquiry) {
  const auto& smtp = candidate.session.attempt.smtp;
  if (!inquiry.helo.empty() && smtp && !smtp->ehlo.empty()) {
    if (smtp->ehlo == inquiry.helo)
      candidate.speaks_for.push_back("it called itself \"" + printable(smtp->ehlo, 64) +
                                     "\", as the report says");
    else
      candidate.speaks_against.push_back("it called itself \"" + printable(smtp->ehlo, 64) +
                                         "\", the report says \"" + printable(inquiry.helo, 64) + "\"");
  }
  if (!inquiry.queue_id.empty() && candidate.match != Match::kQueueId && smtp && !smtp->queue_ids.empty())
    candidate.speaks_against.push_back("the receiver's queue id of its session was \"" +
                                       printable(smtp->queue_ids.back(), 64) + "\", not the report's");
  if (inquiry.at && candidate.apart > kSameMoment)
    candidate.speaks_against.push_back("the report's time lies " + seconds_text(candidate.apart) +
                                       " outside its session");
  else if (inquiry.at)
    candidate.speaks_for.emplace_back("the report's time lies within its session");
  const auto& attempt = candidate.session.attempt;
  if (!was_established(candidate))
    candidate.speaks_against.emplace_back("its connection was never established, as far as was seen");
  if (smtp && smtp->messages_accepted > 0 && !attempt.at_least)
    candidate.speaks_for.push_back("the server accepted " + std::to_string(smtp->messages_accepted) +
                                   (smtp->messages_accepted == 1 ? " message" : " messages") + " from it");
  if (!inquiry.port || candidate.match != Match::kQueueId || !candidate.session.binding) return;
  const uint16_t outside = candidate.session.binding->outside.source.port;
  if (outside != *inquiry.port)
    candidate.speaks_against.push_back("its port outside was " + std::to_string(outside) +
                                       ", not the report's");
}

}  // namespace

bool is_behind_another_nat(const Records& records, const Lan& lan) {
  const bool has_public = std::any_of(
      records.outside.begin(), records.outside.end(),
      [](const KeptOutside& outside) { return !outside.address.is_private() && outside.address.is_v4(); });
  const bool has_private =
      std::any_of(records.outside.begin(), records.outside.end(), [&](const KeptOutside& outside) {
        return outside.address.is_v4() && outside.address.is_private() && lan.is_gateway(outside.address);
      });
  return has_private && !has_public;
}

std::vector<Fit> fits(const Inquiry& inquiry, const Scene& scene, bool behind_another_nat) {
  std::vector<Fit> all;
  for (const Session& session : scene.sessions()) {
    const auto match = match_of(session, inquiry, behind_another_nat);
    const Duration distance = apart(session, inquiry.at);
    if (!match || (*match != Match::kQueueId && distance > inquiry.skew)) continue;
    all.push_back({&session, *match, distance});
  }
  const auto best =
      std::min_element(all.begin(), all.end(), [](const Fit& a, const Fit& b) { return a.match < b.match; });
  if (best == all.end()) return all;
  const Match surest = best->match;
  std::erase_if(all, [&](const Fit& fit) { return fit.match != surest; });
  return all;
}

std::vector<Candidate> candidates_from(const std::vector<Fit>& fits, const Inquiry& inquiry,
                                       const Scene& scene, const TestifyOptions& options, bool complete) {
  std::vector<Candidate> out;
  for (const Fit& fit : fits) {
    const AttemptEvidence& evidence = fit.session->evidence;
    const auto known = std::find_if(out.begin(), out.end(), [&](const Candidate& candidate) {
      return candidate.profile.device == evidence.device;
    });
    if (known != out.end()) {
      ++known->sessions;
      const auto worse = [](wire::Outcome outcome, Duration distance) {
        return std::tuple(outcome < wire::Outcome::kEstablished, distance);
      };
      if (worse(evidence.attempt.outcome, fit.apart) >= worse(known->session.attempt.outcome, known->apart))
        continue;
    }
    Candidate& candidate = known != out.end() ? *known : out.emplace_back();
    candidate.profile = scene.profile(evidence.device);
    candidate.address = to_string(evidence.attempt.flow.source.address);
    candidate.match = fit.match;
    candidate.graded = grade(evidence, options.attribution.shared_mac_addresses);
    candidate.session = evidence;
    candidate.began = fit.session->began;
    candidate.ended = fit.session->ended;
    candidate.apart = fit.apart;
  }
  const bool hidden = !out.empty() && out.front().match == Match::kDestination && inquiry.port.has_value();
  for (auto& candidate : out) {
    limit_by_match(candidate, out.size() == 1, complete, hidden);
    weigh_words(candidate, inquiry);
  }
  if (!out.empty() && out.front().match < Match::kTime) limit_by_rivals(out);
  std::stable_sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(b.graded.grade, a.apart, a.speaks_against.size()) <
           std::tuple(a.graded.grade, b.apart, b.speaks_against.size());
  });
  return out;
}

}  // namespace gatewitness
