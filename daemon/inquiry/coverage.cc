// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/coverage.h"

#include <algorithm>

#include "probes/wire/names.h"
#include "probes/wire/text.h"

namespace gatewitness {
namespace {

// A probe that lives says so each heartbeat (10 s by default); less than this between two lives is one life.
constexpr Duration kHeartbeats = std::chrono::seconds(30);
constexpr std::size_t kGapsTold = 16;

// The part of the stretch in which the probe lived, as one stretch if it did so throughout.
std::string life_of(const std::string& probe, const Records& records, Timestamp from, Timestamp to,
                    bool& throughout) {
  std::vector<KeptWatch> lives;
  for (const auto& watch : records.watches) {
    if (watch.probe == probe && watch.since <= to && watch.until >= from) lives.push_back(watch);
  }
  std::sort(lives.begin(), lives.end(), [](const auto& a, const auto& b) { return a.since < b.since; });
  throughout = false;
  const std::string name = printable(probe, 32);
  if (lives.empty()) return name + " was not running";
  Timestamp reached = from;
  for (const auto& life : lives) {
    if (life.since > reached + kHeartbeats && life.since > from)
      return name + " was not running from " + to_string(reached) + " to " + to_string(life.since);
    reached = std::max(reached, life.until);
  }
  throughout = reached + kHeartbeats >= to;
  if (throughout) return name + " was running throughout";
  return name + " was not heard after " + to_string(reached);
}

std::string why_cleared(const Scene& scene, const DeviceId& device, Timestamp from, Timestamp to,
                        std::size_t& count) {
  count = 0;
  for (const Session& session : scene.sessions())
    count += session.evidence.device == device && session.began <= to && session.ended >= from;
  if (count == 0)
    return "it opened no connection to a mail server between " + to_string(from) + " and " + to_string(to);
  return "its " + std::to_string(count) + (count == 1 ? " connection" : " connections") +
         " to mail servers in that time left by other ports or went elsewhere";
}

}  // namespace

Coverage coverage(const Records& records, Timestamp from, Timestamp to) {
  Coverage out;
  bool captured = false, bound = false;
  out.watched.push_back(life_of("capture", records, from, to, captured));
  out.watched.push_back(life_of("kernel", records, from, to, bound));
  std::vector<std::string> others;
  for (const auto& watch : records.watches) {
    const bool new_one = watch.probe != "capture" && watch.probe != "kernel" &&
                         std::find(others.begin(), others.end(), watch.probe) == others.end();
    if (new_one && others.size() < 8) others.push_back(watch.probe);
  }
  bool ignored = false;
  for (const auto& other : others) out.watched.push_back(life_of(other, records, from, to, ignored));
  bool lost = false;
  for (const auto& known : records.gaps) {
    const bool overlaps = known.gap.from <= to && known.gap.to >= from;
    const bool empty = known.gap.reason == wire::GapReason::kProbeStart && known.gap.from == known.gap.to;
    if (!overlaps || empty) continue;
    lost = lost || known.probe == "capture";
    if (out.gaps.size() < kGapsTold) out.gaps.push_back(known);
  }
  out.complete = captured && !lost && !records.cut;
  return out;
}

std::vector<Bystander> bystanders(const Scene& scene, const std::vector<Candidate>& candidates,
                                  const Coverage& coverage, Timestamp from, Timestamp to) {
  // A connection that is tied to somebody else by queue id or port cannot be theirs.
  const bool tied = !candidates.empty() && candidates.front().match <= Match::kPublicPort &&
                    candidates.front().graded.grade >= Grade::kStrong;
  std::vector<Bystander> out;
  for (const DeviceId& device : scene.present()) {
    const bool is_candidate =
        std::any_of(candidates.begin(), candidates.end(),
                    [&](const Candidate& candidate) { return candidate.profile.device == device; });
    if (is_candidate) continue;
    Bystander other{scene.profile(device), false, ""};
    std::size_t sessions = 0;
    const std::string why = why_cleared(scene, device, from, to, sessions);
    other.cleared = coverage.complete && (sessions == 0 || tied);
    if (other.cleared)
      other.why = why + ", and the capture was complete";
    else if (!coverage.complete)
      other.why = "it cannot be cleared: the capture of that time is not complete";
    else
      other.why = "it cannot be cleared: it spoke to mail servers " + std::to_string(sessions) +
                  (sessions == 1 ? " time" : " times") + " then, and the report does not say enough";
    out.push_back(std::move(other));
  }
  return out;
}

}  // namespace gatewitness
