// SPDX-License-Identifier: Apache-2.0
#include "daemon/inquiry/testimony_view.h"

#include <nlohmann/json.hpp>

#include "daemon/inquiry/profile_view.h"
#include "probes/wire/names.h"
#include "probes/wire/text.h"
#include "probes/wire/utf8.h"

namespace gatewitness {
namespace {

using nlohmann::json;

json time_or_null(const std::optional<Timestamp>& time) {
  return time ? json(to_string(*time)) : json(nullptr);
}

json session_view(const Candidate& candidate) {
  const auto& session = candidate.session;
  json queue_ids = json::array();
  std::string ehlo;
  if (session.attempt.smtp) {
    for (const auto& id : session.attempt.smtp->queue_ids) queue_ids.push_back(repaired_utf8(id));
    ehlo = repaired_utf8(session.attempt.smtp->ehlo);
  }
  return {{"flow", to_string(session.attempt.flow)},
          {"outside", session.binding ? json(to_string(session.binding->outside.source)) : json(nullptr)},
          {"began", to_string(candidate.began)},
          {"ended", to_string(candidate.ended)},
          {"from_frame", session.from_frame},
          {"outcome", wire::to_string(session.attempt.outcome)},
          {"ehlo", ehlo},
          {"queue_ids", std::move(queue_ids)}};
}

json candidate_view(const Candidate& candidate) {
  json device = profile_view(candidate.profile);
  device["address"] = candidate.address;
  device.update(identity_view(candidate.profile));
  json evidence = json::array();
  for (const auto& one : candidate.evidence)
    evidence.push_back({{"time", to_string(one.time)}, {"source", one.source}, {"text", one.text}});
  return {{"device", std::move(device)},
          {"match", to_string(candidate.match)},
          {"grade", to_string(candidate.graded.grade)},
          {"grade_reasons", candidate.graded.reasons},
          {"session", session_view(candidate)},
          {"sessions", candidate.sessions},
          {"apart_s", std::chrono::duration_cast<std::chrono::seconds>(candidate.apart).count()},
          {"evidence", std::move(evidence)},
          {"speaks_for", candidate.speaks_for},
          {"speaks_against", candidate.speaks_against}};
}

std::string who(const Profile& profile, const std::string& address) {
  if (profile.device.kind == DeviceId::Kind::kGateway) return "The gateway itself";
  std::string text = "The " + (profile.device_class.empty() ? std::string("device") : profile.device_class);
  if (!profile.name.empty()) text += " \"" + printable(profile.name, 64) + "\"";
  text += " (" + to_string(profile.device);
  return text + (address.empty() || address == to_string(profile.device) ? ")" : ", " + address + ")");
}

std::string tie(const Candidate& candidate) {
  const auto& session = candidate.session;
  std::string text = "its connection to " + to_string(session.attempt.flow.destination) + " at " +
                     to_string(candidate.began);
  if (session.binding) text += " left as " + to_string(session.binding->outside.source);
  if (candidate.match == Match::kQueueId)
    text += std::string(session.binding ? ", and" : "") + " got the queue id of the report";
  return text;
}

// One sentence for a person.
std::string sentence(const Testimony& testimony) {
  using Verdict = Testimony::Verdict;
  if (testimony.verdict == Verdict::kNobody && testimony.candidates.empty())
    return "No device can be named: nothing that was recorded fits the report.";
  const Candidate& first = testimony.candidates.front();
  if (testimony.verdict == Verdict::kNobody)
    return "No device can be named: a connection fits the report, but whose it was is not known.";
  if (testimony.verdict == Verdict::kNamed)
    return who(first.profile, first.address) + " did it: " + tie(first) +
           ". How sure: " + std::string(to_string(first.graded.grade)) + ".";
  return std::to_string(testimony.candidates.size()) + " devices fit the report; the likeliest is " +
         who(first.profile, first.address) + ".";
}

std::string_view name_of(Testimony::Verdict verdict) {
  switch (verdict) {
    case Testimony::Verdict::kNamed:
      return "named";
    case Testimony::Verdict::kSeveral:
      return "several";
    case Testimony::Verdict::kNobody:
      return "nobody";
  }
  return "nobody";
}

}  // namespace

json to_json(const Testimony& testimony, const Inquiry& inquiry) {
  json candidates = json::array(), others = json::array();
  for (const auto& candidate : testimony.candidates) candidates.push_back(candidate_view(candidate));
  for (const auto& other : testimony.others) {
    json row = profile_view(other.profile);
    row["cleared"] = other.cleared;
    row["why"] = other.why;
    others.push_back(std::move(row));
  }
  return {{"inquiry", to_json(inquiry)},
          {"verdict", name_of(testimony.verdict)},
          {"sentence", sentence(testimony)},
          {"candidates", std::move(candidates)},
          {"others", std::move(others)},
          {"others_unlisted", testimony.others_unlisted},
          {"from", time_or_null(testimony.from)},
          {"to", time_or_null(testimony.to)},
          {"watched", testimony.watched},
          {"gaps", gaps_view(testimony.gaps)},
          {"notes", testimony.notes}};
}

}  // namespace gatewitness
