// SPDX-License-Identifier: Apache-2.0
#include "daemon/incident/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "daemon/identity/classes.h"
#include "probes/wire/text.h"

namespace gatewitness {
namespace {

using words::Language;
using words::Message;
using words::Noun;
using words::say;

std::string window_text(Duration window, Language in) {
  const auto seconds =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(window).count());
  const auto counted = [in](Message unit, uint64_t count) { return say(in, unit, {{"count", count}}); };
  // Long stretches are measured, not set: their hours and minutes say nothing.
  if (seconds >= uint64_t{2} * 86'400) return counted(Message::kWindowDays, (seconds + 43'200) / 86'400);
  if (seconds >= uint64_t{2} * 3600 && seconds % 3600 != 0)
    return counted(Message::kWindowHours, (seconds + 1800) / 3600);
  if (seconds >= 120 && seconds % 60 != 0) return counted(Message::kWindowMinutes, (seconds + 30) / 60);
  if (seconds % 3600 == 0) return counted(Message::kWindowHours, seconds / 3600);
  if (seconds % 60 == 0) return counted(Message::kWindowMinutes, seconds / 60);
  return counted(Message::kWindowSeconds, seconds);
}

Message class_of(const DeviceId& device, const Subject& subject) {
  if (device.kind == DeviceId::Kind::kGateway) return Message::kSubjectGateway;
  return words::find("class." + subject.device_class).value_or(Message::kSubjectDevice);
}

std::string described(const DeviceId& device, const Subject& subject, Noun form, Language in) {
  std::string what(words::noun(in, class_of(device, subject), form));
  if (device.kind == DeviceId::Kind::kGateway) return what;
  if (!subject.name.empty()) what += " \"" + printable(subject.name, 64) + "\"";
  std::string known = to_string(device);
  if (!subject.address.empty() && subject.address != known) known += ", " + subject.address;
  return what + " (" + known + ")";
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

std::string culprit(const Incident& incident, const Subject& subject, Language in) {
  if (from_behind(incident)) {
    const std::string device = described(incident.device, subject, Noun::kBehind, in);
    return words::capitalized(say(in, Message::kWhoBehind, {{"device", device}}));
  }
  const std::string device = describe(incident.device, subject, in);
  if (!subject.shared_mac) return words::capitalized(device);
  return words::capitalized(say(in, Message::kWhoOrBehind, {{"device", device}}));
}

// What servers said of the home, where they name it: a fact that the owner can look up.
std::string block_list_clause(const Incident& incident, Language in) {
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
  if (names.empty()) return say(in, Message::kClauseABlockList);
  if (names.size() == 1) return say(in, Message::kClauseBlockList, {{"list", *names.begin()}});
  return say(in, Message::kClauseBlockLists, {{"list", *names.begin()}, {"count", names.size() - 1}});
}

std::string outcome_clause(const Incident& incident, Language in) {
  uint64_t accepted = 0, refused = 0, unanswered = 0;
  bool at_least = incident.attempts_counted > incident.attempts.size();
  for (const auto& evidence : incident.attempts) {
    at_least = at_least || evidence.attempt.at_least;
    if (went_unanswered(evidence.attempt)) ++unanswered;
    if (!evidence.attempt.smtp) continue;
    accepted += evidence.attempt.smtp->messages_accepted;
    refused += evidence.attempt.smtp->rcpt_refused + evidence.attempt.smtp->messages_refused;
  }
  std::string text;
  const std::string least = at_least ? say(in, Message::kAtLeast) : "";
  if (accepted > 0) text += say(in, Message::kClauseAccepted, {{"least", least}, {"count", accepted}});
  if (refused > 0) text += say(in, Message::kClauseRefused, {{"least", least}, {"count", refused}});
  text += block_list_clause(incident, in);
  if (unanswered > 0 && unanswered == incident.attempts.size()) text += say(in, Message::kClauseNoneAnswered);
  return text;
}

std::string places_text(uint64_t count, Language in) {
  return say(in, Message::kPlaces, {{"count", count}});
}

std::string normal_text(double normal, long long rounded, Language in) {
  return normal < 0.5 ? say(in, Message::kNone) : std::to_string(rounded);
}

std::string question(const Verdict& verdict, const Incident& incident, Language in) {
  const std::string device = to_string(incident.device);
  if (verdict.ground == Ground::kAskMailServer)
    return say(in, Message::kQuestionMailServer, {{"device", device}});
  if (verdict.ground == Ground::kAskSmarthost)
    return say(in, Message::kQuestionSmarthost, {{"device", device}});
  return "";
}

std::string policy_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                            const Subject& subject, Language in) {
  const uint64_t servers = std::max<uint64_t>(1, incident.destinations.size());
  const bool often = incident.attempts_counted > 1;
  std::string text = say(in, Message::kPolicyTried, {{"who", who}, {"count", servers}});
  if (often) text += say(in, Message::kPolicyTimes, {{"count", incident.attempts_counted}});
  if (verdict.ground == Ground::kMxQuery)
    text += say(in, often ? Message::kPolicyAskedOnce : Message::kPolicyAsked);
  text += outcome_clause(incident, in) + ".";
  const bool of_its_kind = verdict.ground == Ground::kAppliance && is_appliance(subject.device_class);
  if (of_its_kind && !may_be_another(incident, subject)) {
    const auto kind = words::noun(in, class_of(incident.device, subject), Noun::kBare);
    text += say(in, Message::kPolicyKind, {{"class", kind}});
  }
  return text + question(verdict, incident, in);
}

std::string burst_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                           Language in) {
  const std::string places = verdict.destinations >= 64 ? say(in, Message::kManyPlaces)
                                                        : say(in, Message::kDifferentPlaces,
                                                              {{"count", uint64_t{verdict.destinations}}});
  std::string text = say(in, Message::kBurstOpened,
                         {{"who", who},
                          {"count", uint64_t{verdict.count}},
                          {"window", window_text(verdict.window, in)},
                          {"places", places}});
  if (verdict.ground == Ground::kOverNormal)
    text += say(in, Message::kBurstNormal,
                {{"normal", normal_text(verdict.normal, std::llround(verdict.normal), in)}});
  return text + outcome_clause(incident, in) + ".";
}

std::string failed_sentence(const Verdict& verdict, const std::string& who, Language in) {
  if (verdict.ground == Ground::kBlockedUpstream)
    return say(in, Message::kFailedBlocked,
               {{"who", who},
                {"count", uint64_t{verdict.count}},
                {"places", places_text(verdict.destinations, in)}});
  return say(in, Message::kFailedServers, {{"who", who}, {"count", uint64_t{verdict.count}}});
}

std::string two_digits(uint32_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string rhythm_clause(const Rhythm& rhythm, Language in) {
  if (rhythm.phases_min.empty()) return "";
  std::string times;
  for (const uint32_t minute : rhythm.phases_min)
    times += (times.empty() ? "" : ", ") + two_digits(minute / 60) + ":" + two_digits(minute % 60);
  const auto one_in = static_cast<uint64_t>(std::min(1e9, 1 / std::max(rhythm.chance, 1e-9)));
  return say(in, Message::kRhythmClause,
             {{"times", times}, {"count", uint64_t{rhythm.days}}, {"chance", one_in}});
}

// The account's sum: what happened, and why that is enough.
std::string account_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                             Language in) {
  std::string text = say(in, Message::kAccountTried, {{"who", who}, {"count", uint64_t{verdict.count}}});
  if (verdict.destinations > 0)
    text += say(in, Message::kAccountPlaces, {{"count", uint64_t{verdict.destinations}}});
  if (verdict.window >= std::chrono::minutes(2))
    text += say(in, Message::kAccountWithin, {{"window", window_text(verdict.window, in)}});
  const bool asked = std::any_of(verdict.shares.begin(), verdict.shares.end(),
                                 [](const Share& s) { return s.rule == RuleId::kPolicy; });
  if (asked) text += say(in, Message::kPolicyAsked);
  return text + rhythm_clause(verdict.rhythm, in) + outcome_clause(incident, in) + ".";
}

Message credential_message(Ground ground) {
  switch (ground) {
    case Ground::kIdentities:
      return Message::kCredentialsIdentities;
    case Ground::kProviders:
      return Message::kCredentialsProviders;
    case Ground::kLogins:
      return Message::kCredentialsLogins;
    default:
      return Message::kCredentialsOther;
  }
}

std::string taken_over_sentence(const Verdict& verdict, const std::string& who, Language in) {
  return say(in, Message::kTakenOverRefused,
             {{"who", who},
              {"refused", uint64_t{verdict.count}},
              {"count", uint64_t{verdict.limit}},
              {"window", window_text(verdict.window, in)}});
}

std::string relay_sentence(const Verdict& verdict, const std::string& who, Language in) {
  return say(
      in, Message::kRelayTimes,
      {{"who", who}, {"count", uint64_t{verdict.count}}, {"places", places_text(verdict.destinations, in)}});
}

std::string bulk_sentence(const Verdict& verdict, const std::string& who, Language in) {
  return say(in, Message::kBulkSent,
             {{"who", who},
              {"count", uint64_t{verdict.count}},
              {"window", window_text(verdict.window, in)},
              {"normal", normal_text(verdict.normal, static_cast<long long>(verdict.normal), in)}});
}

std::string scan_sentence(const Verdict& verdict, const std::string& who, Language in) {
  const Message many = verdict.destinations >= 32 ? Message::kScanManyHosts : Message::kScanHosts;
  return say(in, Message::kScanTried,
             {{"who", who},
              {"hosts", say(in, many, {{"count", uint64_t{verdict.destinations}}})},
              {"window", window_text(verdict.window, in)}});
}

std::string blind_sentence(const Incident& incident, Language in) {
  struct Pair {
    Message open, over;
  };
  constexpr Pair kMessages[] = {{Message::kBlindSilent, Message::kBlindSilentOver},
                                {Message::kBlindDrops, Message::kBlindDropsOver},
                                {Message::kBlindOffload, Message::kBlindOffloadOver},
                                {Message::kBlindJournal, Message::kBlindJournalOver},
                                {Message::kBlindFull, Message::kBlindFullOver}};
  const Pair& pair = kMessages[static_cast<std::size_t>(incident.blindness) % kBlindnessCauses];
  return say(in, incident.open ? pair.open : pair.over, {{"probe", printable(incident.probe)}});
}

Message advice_of(Blindness cause) {
  switch (cause) {
    case Blindness::kSilent:
      return Message::kAdviceBlind;
    case Blindness::kDrops:
      return Message::kAdviceDrops;
    case Blindness::kOffload:
      return Message::kAdviceOffload;
    case Blindness::kJournal:
      return Message::kAdviceJournal;
    case Blindness::kFull:
      return Message::kAdviceFull;
  }
  return Message::kAdviceBlind;
}

// Which message; none: what to do depends on more than the kind.
std::optional<Message> advice_by_kind(const Incident& incident) {
  switch (incident.kind) {
    case Kind::kBlind:
      return advice_of(incident.blindness);
    case Kind::kGatewaySends:
      return Message::kAdviceGatewaySends;
    case Kind::kScan:
      return Message::kAdviceScan;
    case Kind::kBulk:
      return Message::kAdviceBulk;
    case Kind::kTakenOver:
      return Message::kAdviceTakenOver;
    case Kind::kRelay:
      return Message::kAdviceRelay;
    case Kind::kCredentialAbuse:
      return Message::kAdviceCredentials;
    default:
      return std::nullopt;
  }
}

std::string two_places(double value) {
  const auto hundredths = std::llround(std::clamp(value, 0.0, 1e6) * 100);
  return std::to_string(hundredths / 100) + "." + two_digits(static_cast<uint32_t>(hundredths % 100));
}

// " R1 burst: 14 counted, limit 10, within 10 minutes."
std::string technical_verdict(const Verdict& verdict, Language in) {
  std::string text = verdict.limit > 0 || verdict.bound <= 0 ? say(in, Message::kTechnicalLimit,
                                                                   {{"rule", to_string(verdict.rule)},
                                                                    {"count", uint64_t{verdict.count}},
                                                                    {"limit", uint64_t{verdict.limit}}})
                                                             : say(in, Message::kTechnicalScore,
                                                                   {{"rule", to_string(verdict.rule)},
                                                                    {"count", uint64_t{verdict.count}},
                                                                    {"score", two_places(verdict.score)},
                                                                    {"bound", two_places(verdict.bound)}});
  if (verdict.window > Duration(0))
    text += say(in, Message::kTechnicalWithin, {{"window", window_text(verdict.window, in)}});
  return text + ".";
}

std::string severity_text(Severity severity, Language in) {
  return say(in, severity == Severity::kAlarm ? Message::kSeverityAlarm : Message::kSeverityNotice);
}

// "grade.strong", "sure.strong".
std::string by_grade(std::string_view family, Grade grade, Language in) {
  const auto message = words::find(std::string(family) + std::string(to_string(grade)));
  return message ? say(in, *message) : std::string(to_string(grade));
}

}  // namespace

std::string describe(const DeviceId& device, const Subject& subject, Language in) {
  return described(device, subject, Noun::kThe, in);
}

std::string sentence(const Verdict& verdict, const Incident& incident, const Subject& subject, Language in) {
  std::string who = culprit(incident, subject, in);
  switch (incident.kind) {
    case Kind::kDirectToMx:
    case Kind::kGatewaySends:
      return verdict.rule == RuleId::kAccount ? account_sentence(verdict, incident, who, in)
                                              : policy_sentence(verdict, incident, who, subject, in);
    case Kind::kBurst:
      return burst_sentence(verdict, incident, who, in);
    case Kind::kFailedContacts:
      return failed_sentence(verdict, who, in);
    case Kind::kCredentialAbuse:
      return say(in, credential_message(verdict.ground), {{"who", who}});
    case Kind::kTakenOver:
      return taken_over_sentence(verdict, who, in);
    case Kind::kRelay:
      return relay_sentence(verdict, who, in);
    case Kind::kScan:
      return scan_sentence(verdict, who, in);
    case Kind::kBulk:
      return bulk_sentence(verdict, who, in);
    case Kind::kBlind:
      return blind_sentence(incident, in);
  }
  return who;
}

std::string sentence(const Incident& incident, const Subject& subject, Language in) {
  if (incident.kind == Kind::kBlind) return blind_sentence(incident, in);
  // The gravest; of those what a device of its kind never does, else the newest.
  const auto rank = [](const Verdict& v) {
    return std::tuple(v.severity, v.ground == Ground::kAppliance, v.time);
  };
  const auto worst = std::max_element(incident.verdicts.begin(), incident.verdicts.end(),
                                      [&](const Verdict& a, const Verdict& b) { return rank(a) < rank(b); });
  if (worst == incident.verdicts.end())
    return words::capitalized(describe(incident.device, subject, in)) + ".";
  return sentence(*worst, incident, subject, in);
}

std::string share_in_words(RuleId rule, Language in) {
  switch (rule) {
    case RuleId::kPolicy:
      return say(in, Message::kSharePolicy);
    case RuleId::kFanOut:
      return say(in, Message::kShareFanOut);
    case RuleId::kFailedContacts:
      return say(in, Message::kShareFailedContacts);
    case RuleId::kCredentials:
      return say(in, Message::kShareCredentials);
    case RuleId::kSenders:
      return say(in, Message::kShareSenders);
    case RuleId::kRefusals:
      return say(in, Message::kShareRefusals);
    case RuleId::kDialect:
      return say(in, Message::kShareDialect);
    case RuleId::kMxQueries:
      return say(in, Message::kShareMxQueries);
    case RuleId::kRhythm:
      return say(in, Message::kShareRhythm);
    default:
      return "";
  }
}

std::string advice(const Incident& incident, const Subject& subject, Language in) {
  if (const auto of_kind = advice_by_kind(incident)) return say(in, *of_kind);
  if (incident.severity == Severity::kNotice) return say(in, Message::kAdviceNotice);
  if (may_be_another(incident, subject)) return say(in, Message::kAdviceBehind);
  return say(in, is_appliance(subject.device_class) ? Message::kAdviceAppliance : Message::kAdviceDevice);
}

std::string how_sure(const Incident& incident, const Graded& graded, Language in) {
  const std::string severity = severity_text(incident.severity, in) + ".";
  return incident.kind == Kind::kBlind ? severity : severity + " " + by_grade("sure.", graded.grade, in);
}

std::string technical(const Incident& incident, const Graded& graded, Language in) {
  const std::string severity = severity_text(incident.severity, in);
  if (incident.kind == Kind::kBlind)
    return say(in, Message::kTechnicalHome,
               {{"severity", severity},
                {"kind", to_string(incident.kind)},
                {"cause", to_string(incident.blindness)},
                {"probe", printable(incident.probe)}});
  std::string text =
      say(in, Message::kTechnicalHead,
          {{"severity", severity},
           {"kind", to_string(incident.kind)},
           {"attempts", say(in, Message::kTechnicalAttempts, {{"count", incident.attempts_counted}})},
           {"places", places_text(incident.destinations.size(), in)}});
  std::set<std::string> told;  // a rule with two grounds says the same twice
  for (const auto& verdict : incident.verdicts)
    if (auto line = technical_verdict(verdict, in); told.insert(line).second) text += line;
  text += say(in, Message::kTechnicalEvidence, {{"grade", by_grade("grade.", graded.grade, in)}});
  for (std::size_t i = 0; i < graded.reasons.size(); ++i) text += (i == 0 ? ": " : "; ") + graded.reasons[i];
  return text + ".";
}

Graded grade_of(const Incident& incident, uint32_t shared_mac_addresses, Language in) {
  if (incident.attempts.empty()) return {Grade::kUnknown, {say(in, Message::kReasonNoAttempt)}};
  std::vector<Graded> all;
  all.reserve(incident.attempts.size());
  for (const auto& evidence : incident.attempts) all.push_back(grade(evidence, shared_mac_addresses, in));
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
