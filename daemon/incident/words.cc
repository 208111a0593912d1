// SPDX-License-Identifier: Apache-2.0
#include "daemon/incident/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "daemon/identity/classes.h"
#include "daemon/phrases/phrases.h"
#include "probes/wire/text.h"

namespace gatewitness {
namespace {

std::string window_text(Language language, Duration window) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(window).count();
  const auto in = [&](Phrase unit, int64_t length) {
    return say(language, unit, {{"n", static_cast<uint64_t>((seconds + length / 2) / length)}});
  };
  // Long stretches are measured, not set: their hours and minutes say nothing.
  if (seconds >= 2 * 86'400) return in(Phrase::kDays, 86'400);
  if (seconds % 3600 == 0 || seconds >= 2 * 3600) return in(Phrase::kHours, 3600);
  if (seconds % 60 == 0 || seconds >= 120) return in(Phrase::kMinutes, 60);
  return in(Phrase::kSeconds, 1);
}

// A connection that began a moment ago is still waiting: two repetitions of its SYN (RFC 6298: after 1 and 3
// s) or its end must have gone by.
bool went_unanswered(const wire::Attempt& attempt) {
  const bool waited = attempt.final || attempt.last - attempt.started >= std::chrono::seconds(3);
  return attempt.outcome < wire::Outcome::kEstablished &&
         (attempt.outcome != wire::Outcome::kSynOnly || waited);
}

// Packets that had passed a router before they came to this LAN: whoever sent them stands behind the device.
bool from_behind(const Incident& incident) {
  return std::any_of(incident.attempts.begin(), incident.attempts.end(), [](const AttemptEvidence& evidence) {
    return passed_a_router(evidence.attempt.client_ttl);
  });
}

bool may_be_another(const Incident& incident, const Subject& subject) {
  return subject.shared_mac || from_behind(incident);
}

std::string culprit(const Incident& incident, const Subject& subject, Language language) {
  const std::string device = describe(incident.device, subject, language);
  if (from_behind(incident)) return upper_first(say(language, Phrase::kBehind, {{"device", device}}));
  return upper_first(device) + (subject.shared_mac ? say(language, Phrase::kOrBehind) : "");
}

// What servers said of the home, where they name it: a fact that the owner can look up.
std::string block_list_clause(const Incident& incident, Language language) {
  std::set<std::string> names;
  bool told = false;
  for (const auto& evidence : incident.attempts) {
    if (!evidence.attempt.smtp) continue;
    for (const auto& refusal : evidence.attempt.smtp->refusals) {
      if (refusal.kind != wire::Refusal::kBlockList) continue;
      told = true;
      if (!refusal.list.empty()) names.insert(printable(refusal.list, 64));
    }
  }
  if (!told) return "";
  if (names.empty()) return say(language, Phrase::kUnnamedBlockList);
  const std::string more =
      names.size() > 1 ? say(language, Phrase::kMoreLists, {{"n", uint64_t{names.size() - 1}}}) : "";
  return say(language, Phrase::kBlockList, {{"list", *names.begin()}, {"more", more}});
}

std::string outcome_clause(const Incident& incident, Language language) {
  uint64_t accepted = 0, refused = 0, unanswered = 0;
  bool at_least = incident.attempts_counted > incident.attempts.size();
  for (const auto& evidence : incident.attempts) {
    at_least = at_least || evidence.attempt.at_least;
    if (went_unanswered(evidence.attempt)) ++unanswered;
    if (!evidence.attempt.smtp) continue;
    accepted += evidence.attempt.smtp->messages_accepted;
    refused += evidence.attempt.smtp->rcpt_refused + evidence.attempt.smtp->messages_refused;
  }
  const std::string least = at_least ? say(language, Phrase::kAtLeast) : "";
  std::string text;
  if (accepted > 0) text += say(language, Phrase::kAccepted, {{"least", least}, {"n", accepted}});
  if (refused > 0) text += say(language, Phrase::kRefused, {{"least", least}, {"n", refused}});
  text += block_list_clause(incident, language);
  if (unanswered > 0 && unanswered == incident.attempts.size()) text += say(language, Phrase::kNoneAnswered);
  return text;
}

std::string question(const Verdict& verdict, const Incident& incident, Language language) {
  const std::string enrol = "gatewitness enrol " + to_string(incident.device);
  if (verdict.ground == Ground::kAskMailServer)
    return say(language, Phrase::kAskMailServer, {{"command", enrol + " mail-server"}});
  if (verdict.ground == Ground::kAskSmarthost)
    return say(language, Phrase::kAskSmarthost, {{"command", enrol + " smarthost-user"}});
  return "";
}

std::string policy_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                            const Subject& subject, Language language) {
  const uint64_t servers = std::max<uint64_t>(1, incident.destinations.size());
  const bool often = incident.attempts_counted > 1;
  std::string text =
      say(language, servers == 1 ? Phrase::kPolicyOne : Phrase::kPolicyMany, {{"who", who}, {"n", servers}});
  if (often) text += say(language, Phrase::kTimes, {{"n", uint64_t{incident.attempts_counted}}});
  if (verdict.ground == Ground::kMxQuery)
    text += say(language, often ? Phrase::kOnceAfterMxQuery : Phrase::kAfterMxQuery);
  text += outcome_clause(incident, language) + ".";
  const bool of_its_kind = verdict.ground == Ground::kAppliance && is_appliance(subject.device_class);
  if (of_its_kind && !may_be_another(incident, subject))
    text += say(language, Phrase::kNeverNeedsTo,
                {{"class", class_in_words(language, printable(subject.device_class))}});
  return text + question(verdict, incident, language);
}

std::string burst_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                           Language language) {
  const std::string places = verdict.destinations >= 64 ? say(language, Phrase::kManyPlaces)
                                                        : say(language, Phrase::kDifferentPlaces,
                                                              {{"n", uint64_t{verdict.destinations}}});
  std::string text = say(language, Phrase::kBurst,
                         {{"who", who},
                          {"n", uint64_t{verdict.count}},
                          {"window", window_text(language, verdict.window)},
                          {"places", places}});
  if (verdict.ground == Ground::kOverNormal)
    text += verdict.normal < 0.5 ? say(language, Phrase::kNormalNone)
                                 : say(language, Phrase::kNormal,
                                       {{"n", static_cast<uint64_t>(std::llround(verdict.normal))}});
  return text + outcome_clause(incident, language) + ".";
}

std::string failed_sentence(const Verdict& verdict, const std::string& who, Language language) {
  return say(language,
             verdict.ground == Ground::kBlockedUpstream ? Phrase::kBlockedUpstream : Phrase::kFailedContacts,
             {{"who", who}, {"n", uint64_t{verdict.count}}, {"places", uint64_t{verdict.destinations}}});
}

std::string two_digits(uint32_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string rhythm_clause(const Rhythm& rhythm, Language language) {
  if (rhythm.phases_min.empty()) return "";
  std::string times;
  for (const uint32_t minute : rhythm.phases_min)
    times += (times.empty() ? "" : ", ") + two_digits(minute / 60) + ":" + two_digits(minute % 60);
  const auto one_in = static_cast<uint64_t>(std::min(1e9, 1 / std::max(rhythm.chance, 1e-9)));
  return say(language, Phrase::kRhythm, {{"times", times}, {"n", uint64_t{rhythm.days}}, {"odds", one_in}});
}

// The account's sum: what happened, and why that is enough.
std::string account_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                             Language language) {
  std::string text = say(language, Phrase::kAccount, {{"who", who}, {"n", uint64_t{verdict.count}}});
  if (verdict.destinations > 0)
    text += say(language, Phrase::kToNewPlaces, {{"n", uint64_t{verdict.destinations}}});
  if (verdict.window >= std::chrono::minutes(2))
    text += say(language, Phrase::kWithin, {{"window", window_text(language, verdict.window)}});
  const bool asked = std::any_of(verdict.shares.begin(), verdict.shares.end(),
                                 [](const Share& s) { return s.rule == RuleId::kPolicy; });
  if (asked) text += say(language, Phrase::kAfterMxQuery);
  return text + rhythm_clause(verdict.rhythm, language) + outcome_clause(incident, language) + ".";
}

std::string credential_sentence(const Verdict& verdict, const std::string& who, Language language) {
  const Phrase phrase = [&] {
    switch (verdict.ground) {
      case Ground::kIdentities:
        return Phrase::kIdentities;
      case Ground::kProviders:
        return Phrase::kProviders;
      case Ground::kLogins:
        return Phrase::kLogins;
      default:
        return Phrase::kCredentials;
    }
  }();
  return say(language, phrase, {{"who", who}});
}

std::string bulk_sentence(const Verdict& verdict, const std::string& who, Language language) {
  return say(language, verdict.normal < 0.5 ? Phrase::kBulkFirst : Phrase::kBulk,
             {{"who", who},
              {"n", uint64_t{verdict.count}},
              {"window", window_text(language, verdict.window)},
              {"most", static_cast<uint64_t>(verdict.normal)}});
}

// Those that say counts, a stretch of time and no more.
std::string counted_sentence(Phrase phrase, const Verdict& verdict, const std::string& who, uint64_t count,
                             Language language) {
  return say(language, phrase,
             {{"who", who},
              {"n", count},
              {"all", uint64_t{verdict.limit}},
              {"places", uint64_t{verdict.destinations}},
              {"window", window_text(language, verdict.window)}});
}

std::string blind_sentence(const Incident& incident, Language language) {
  return say(language, incident.open ? Phrase::kBlind : Phrase::kWasBlind,
             {{"probe", printable(incident.probe)}});
}

}  // namespace

std::string describe(const DeviceId& device, const Subject& subject, Language language) {
  if (device.kind == DeviceId::Kind::kGateway) return say(language, Phrase::kGatewayItself);
  std::string what = subject.device_class.empty()
                         ? say(language, Phrase::kTheDevice)
                         : say(language, Phrase::kTheClass,
                               {{"class", class_in_words(language, printable(subject.device_class))}});
  if (!subject.name.empty()) what += " \"" + printable(subject.name, 64) + "\"";
  std::string known = to_string(device);
  if (!subject.address.empty() && subject.address != known) known += ", " + subject.address;
  return what + " (" + known + ")";
}

std::string sentence(const Verdict& verdict, const Incident& incident, const Subject& subject,
                     Language language) {
  std::string who = culprit(incident, subject, language);
  switch (incident.kind) {
    case Kind::kDirectToMx:
    case Kind::kGatewaySends:
      return verdict.rule == RuleId::kAccount ? account_sentence(verdict, incident, who, language)
                                              : policy_sentence(verdict, incident, who, subject, language);
    case Kind::kBurst:
      return burst_sentence(verdict, incident, who, language);
    case Kind::kFailedContacts:
      return failed_sentence(verdict, who, language);
    case Kind::kCredentialAbuse:
      return credential_sentence(verdict, who, language);
    case Kind::kTakenOver:
      return counted_sentence(Phrase::kTakenOver, verdict, who, verdict.count, language);
    case Kind::kRelay:
      return counted_sentence(Phrase::kRelay, verdict, who, verdict.count, language);
    case Kind::kScan:
      return counted_sentence(verdict.destinations >= 32 ? Phrase::kScanMany : Phrase::kScan, verdict, who,
                              verdict.destinations, language);
    case Kind::kBulk:
      return bulk_sentence(verdict, who, language);
    case Kind::kBlind:
      return blind_sentence(incident, language);
  }
  return who;
}

std::string sentence(const Incident& incident, const Subject& subject, Language language) {
  if (incident.kind == Kind::kBlind) return blind_sentence(incident, language);
  // The gravest; of those what a device of its kind never does, else the newest.
  const auto rank = [](const Verdict& v) {
    return std::tuple(v.severity, v.ground == Ground::kAppliance, v.time);
  };
  const auto worst = std::max_element(incident.verdicts.begin(), incident.verdicts.end(),
                                      [&](const Verdict& a, const Verdict& b) { return rank(a) < rank(b); });
  if (worst == incident.verdicts.end())
    return upper_first(describe(incident.device, subject, language)) + ".";
  return sentence(*worst, incident, subject, language);
}

std::string_view share_in_words(RuleId rule) {
  switch (rule) {
    case RuleId::kPolicy:
      return "asked DNS for a domain's mail exchanger right before";
    case RuleId::kFanOut:
      return "mail servers that it had never used";
    case RuleId::kFailedContacts:
      return "first contacts that failed";
    case RuleId::kCredentials:
      return "logins that no single owner has";
    case RuleId::kSenders:
      return "ever new sender domains";
    case RuleId::kRefusals:
      return "mails that servers refused";
    case RuleId::kDialect:
      return "speaks SMTP as spam programs do";
    case RuleId::kMxQueries:
      return "asked for many domains' mail exchangers";
    case RuleId::kRhythm:
      return "the same times of day, over days";
    default:
      return "";
  }
}

std::string advice(const Incident& incident, const Subject& subject, Language language) {
  const Phrase phrase = [&] {
    switch (incident.kind) {
      case Kind::kBlind:
        return Phrase::kAdviseBlind;
      case Kind::kGatewaySends:
        return Phrase::kAdviseGateway;
      case Kind::kScan:
        return Phrase::kAdviseScan;
      case Kind::kBulk:
        return Phrase::kAdviseBulk;
      case Kind::kTakenOver:
        return Phrase::kAdviseTakenOver;
      case Kind::kRelay:
        return Phrase::kAdviseRelay;
      case Kind::kCredentialAbuse:
        return Phrase::kAdviseCredentials;
      default:
        break;
    }
    if (incident.severity == Severity::kNotice) return Phrase::kAdviseNotice;
    if (may_be_another(incident, subject)) return Phrase::kAdviseBehind;
    return is_appliance(subject.device_class) ? Phrase::kAdviseAppliance : Phrase::kAdviseDevice;
  }();
  return say(language, phrase);
}

Graded grade_of(const Incident& incident, uint32_t shared_mac_addresses) {
  if (incident.attempts.empty()) return {Grade::kUnknown, {"no attempt is kept of it"}};
  std::vector<Graded> all;
  all.reserve(incident.attempts.size());
  for (const auto& evidence : incident.attempts) all.push_back(grade(evidence, shared_mac_addresses));
  std::sort(all.begin(), all.end(), [](const Graded& a, const Graded& b) { return a.grade < b.grade; });
  const Grade typical = all[(all.size() - 1) / 2].grade;
  Graded out{typical, {}};
  std::set<std::string> told;
  constexpr std::size_t kMaxReasons = 6;
  for (const auto& graded : all) {
    if (graded.grade > typical) break;
    for (const auto& reason : graded.reasons) {
      if (told.size() < kMaxReasons && told.insert(reason).second) out.reasons.push_back(reason);
    }
  }
  return out;
}

}  // namespace gatewitness
