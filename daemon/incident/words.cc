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

std::string count_of(uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string window_text(Duration window) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(window).count();
  // Long stretches are measured, not set: their hours and minutes say nothing.
  if (seconds >= 2 * 86'400)
    return count_of(static_cast<uint64_t>((seconds + 43'200) / 86'400), "day", "days");
  if (seconds >= 2 * 3600 && seconds % 3600 != 0)
    return count_of(static_cast<uint64_t>((seconds + 1800) / 3600), "hour", "hours");
  if (seconds >= 120 && seconds % 60 != 0)
    return count_of(static_cast<uint64_t>((seconds + 30) / 60), "minute", "minutes");
  if (seconds % 3600 == 0) return count_of(static_cast<uint64_t>(seconds / 3600), "hour", "hours");
  if (seconds % 60 == 0) return count_of(static_cast<uint64_t>(seconds / 60), "minute", "minutes");
  return count_of(static_cast<uint64_t>(seconds), "second", "seconds");
}

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string class_in_words(std::string_view device_class) {
  if (device_class == "tv") return "TV";
  if (device_class == "nas") return "network storage";
  if (device_class == "kitchen") return "kitchen appliance";
  if (device_class == "plug") return "smart plug";
  if (device_class == "console") return "game console";
  return printable(device_class);
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

std::string culprit(const Incident& incident, const Subject& subject) {
  const std::string device = describe(incident.device, subject);
  if (from_behind(incident)) return upper_first("something behind " + device);
  return upper_first(device) + (subject.shared_mac ? ", or something behind it," : "");
}

// What servers said of the home, where they name it: a fact that the owner can look up.
std::string block_list_clause(const Incident& incident) {
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
  if (names.empty()) return "; a server says that this home is on a block list";
  std::string text = "; a server says that this home is on the block list " + *names.begin();
  if (names.size() > 1) text += " (and " + std::to_string(names.size() - 1) + " more)";
  return text;
}

std::string outcome_clause(const Incident& incident) {
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
  const std::string least = at_least ? "at least " : "";
  if (accepted > 0) text += "; " + least + count_of(accepted, "message was", "messages were") + " accepted";
  if (refused > 0)
    text += "; " + least + count_of(refused, "recipient or message was", "recipients or messages were") +
            " refused";
  text += block_list_clause(incident);
  if (unanswered > 0 && unanswered == incident.attempts.size()) text += "; none was answered";
  return text;
}

std::string question(const Verdict& verdict, const Incident& incident);

std::string policy_sentence(const Verdict& verdict, const Incident& incident, const std::string& who,
                            const Subject& subject) {
  const uint64_t servers = std::max<uint64_t>(1, incident.destinations.size());
  std::string text = who + " tried to deliver mail directly to " +
                     (servers == 1 ? std::string("a stranger's mail server")
                                   : std::to_string(servers) + " strangers' mail servers");
  if (incident.attempts_counted > 1) text += ", " + std::to_string(incident.attempts_counted) + " times";
  if (verdict.ground == Ground::kMxQuery)
    text += std::string(incident.attempts_counted > 1 ? ", at least once" : ",") +
            " right after asking DNS which server takes a domain's mail";
  text += outcome_clause(incident) + ".";
  const bool of_its_kind = verdict.ground == Ground::kAppliance && is_appliance(subject.device_class);
  if (of_its_kind && !may_be_another(incident, subject)) {
    text += " A device of this kind (" + class_in_words(subject.device_class) + ") never needs to.";
  }
  return text + question(verdict, incident);
}

std::string burst_sentence(const Verdict& verdict, const Incident& incident, const std::string& who) {
  std::string text = who + " opened " + std::to_string(verdict.count) + " mail connections within " +
                     window_text(verdict.window) + ", to " +
                     (verdict.destinations >= 64 ? "64 or more" : std::to_string(verdict.destinations)) +
                     " " + (verdict.destinations == 1 ? "place" : "different places");
  if (verdict.ground == Ground::kOverNormal) {
    text += "; its normal is " +
            (verdict.normal < 0.5 ? std::string("none") : std::to_string(std::llround(verdict.normal)));
  }
  return text + outcome_clause(incident) + ".";
}

std::string failed_sentence(const Verdict& verdict, const std::string& who) {
  if (verdict.ground == Ground::kBlockedUpstream) {
    return who + " kept trying mail servers that it had never used (" + std::to_string(verdict.count) +
           " so far, in " + count_of(verdict.destinations, "place", "places") +
           "); none got through, because your provider seems to block outgoing port 25.";
  }
  return who + " tried " + count_of(verdict.count, "mail server", "mail servers") +
         " that it had never used, and none answered or took the call.";
}

std::string two_digits(uint32_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string rhythm_clause(const Rhythm& rhythm) {
  if (rhythm.phases_min.empty()) return "";
  std::string text = "; it sends at the same times of day (about ";
  for (std::size_t i = 0; i < rhythm.phases_min.size(); ++i) {
    const uint32_t minute = rhythm.phases_min[i];
    text += (i == 0 ? "" : ", ") + two_digits(minute / 60) + ":" + two_digits(minute % 60);
  }
  const auto one_in = static_cast<uint64_t>(std::min(1e9, 1 / std::max(rhythm.chance, 1e-9)));
  return text + " UTC, on " + count_of(rhythm.days, "day", "days") + "; by chance one in " +
         std::to_string(one_in) + " would)";
}

// The account's sum: what happened, and why that is enough.
std::string account_sentence(const Verdict& verdict, const Incident& incident, const std::string& who) {
  std::string text = who + " tried to deliver mail directly to strangers' mail servers, " +
                     count_of(verdict.count, "time", "times");
  if (verdict.destinations > 0)
    text += ", to " + count_of(verdict.destinations, "place", "places") + " that it had never used";
  if (verdict.window >= std::chrono::minutes(2)) text += ", within " + window_text(verdict.window);
  const bool asked = std::any_of(verdict.shares.begin(), verdict.shares.end(),
                                 [](const Share& s) { return s.rule == RuleId::kPolicy; });
  if (asked) text += ", right after asking DNS which server takes a domain's mail";
  return text + rhythm_clause(verdict.rhythm) + outcome_clause(incident) + ".";
}

std::string credential_sentence(const Verdict& verdict, const std::string& who) {
  switch (verdict.ground) {
    case Ground::kIdentities:
      return who + " gave several different names or logins at one mail provider within a day.";
    case Ground::kProviders:
      return who + " logs in at one mail provider after another that it had never used.";
    case Ground::kLogins:
      return who + " tries logins at mail providers, one after another, and they are refused.";
    default:
      return who + " logs in at mail providers as no single owner does.";
  }
}

std::string taken_over_sentence(const Verdict& verdict, const std::string& who) {
  return who + " is your mail server, and servers refused " + std::to_string(verdict.count) +
         " of its last " + count_of(verdict.limit, "message", "messages") + " within " +
         window_text(verdict.window) + ": somebody else may be sending through it.";
}

std::string relay_sentence(const Verdict& verdict, const std::string& who) {
  return who + " relays for strangers: " + count_of(verdict.count, "time", "times") +
         " a mail session came in from outside and mail went out a moment later, to " +
         count_of(verdict.destinations, "place", "places") + ".";
}

std::string bulk_sentence(const Verdict& verdict, const std::string& who) {
  return who + " sent " + std::to_string(verdict.count) + " mails within " + window_text(verdict.window) +
         " through its mail provider; the most before was " +
         (verdict.normal < 0.5 ? std::string("none")
                               : std::to_string(static_cast<uint64_t>(verdict.normal))) +
         ". A newsletter looks like that, and so does a stolen login.";
}

std::string scan_sentence(const Verdict& verdict, const std::string& who) {
  return who + " looks for mail servers: it tried the mail ports of " + std::to_string(verdict.destinations) +
         (verdict.destinations >= 32 ? " hosts or more" : " hosts") + " within " +
         window_text(verdict.window) + " and sent no mail. That is a scan, not spam.";
}

std::string question(const Verdict& verdict, const Incident& incident) {
  const std::string device = to_string(incident.device);
  if (verdict.ground == Ground::kAskMailServer)
    return " Is this your mail server? gatewitness enrol " + device + " mail-server";
  if (verdict.ground == Ground::kAskSmarthost)
    return " Did you set it up to mail you? gatewitness enrol " + device + " smarthost-user";
  return "";
}

std::string blind_sentence(const Incident& incident) {
  if (incident.open) {
    return "gatewitness cannot see: its probe \"" + printable(incident.probe) +
           "\" has fallen silent. What happens meanwhile goes unseen.";
  }
  return "gatewitness could not see for a while: its probe \"" + printable(incident.probe) +
         "\" was silent; it is back.";
}

}  // namespace

std::string describe(const DeviceId& device, const Subject& subject) {
  if (device.kind == DeviceId::Kind::kGateway) return "the gateway itself";
  std::string what =
      subject.device_class.empty() ? "the device" : "the " + class_in_words(subject.device_class);
  if (!subject.name.empty()) what += " \"" + printable(subject.name, 64) + "\"";
  std::string known = to_string(device);
  if (!subject.address.empty() && subject.address != known) known += ", " + subject.address;
  return what + " (" + known + ")";
}

std::string sentence(const Verdict& verdict, const Incident& incident, const Subject& subject) {
  std::string who = culprit(incident, subject);
  switch (incident.kind) {
    case Kind::kDirectToMx:
    case Kind::kGatewaySends:
      return verdict.rule == RuleId::kAccount ? account_sentence(verdict, incident, who)
                                              : policy_sentence(verdict, incident, who, subject);
    case Kind::kBurst:
      return burst_sentence(verdict, incident, who);
    case Kind::kFailedContacts:
      return failed_sentence(verdict, who);
    case Kind::kCredentialAbuse:
      return credential_sentence(verdict, who);
    case Kind::kTakenOver:
      return taken_over_sentence(verdict, who);
    case Kind::kRelay:
      return relay_sentence(verdict, who);
    case Kind::kScan:
      return scan_sentence(verdict, who);
    case Kind::kBulk:
      return bulk_sentence(verdict, who);
    case Kind::kBlind:
      return blind_sentence(incident);
  }
  return who;
}

std::string sentence(const Incident& incident, const Subject& subject) {
  if (incident.kind == Kind::kBlind) return blind_sentence(incident);
  // The gravest; of those what a device of its kind never does, else the newest.
  const auto rank = [](const Verdict& v) {
    return std::tuple(v.severity, v.ground == Ground::kAppliance, v.time);
  };
  const auto worst = std::max_element(incident.verdicts.begin(), incident.verdicts.end(),
                                      [&](const Verdict& a, const Verdict& b) { return rank(a) < rank(b); });
  if (worst == incident.verdicts.end()) return upper_first(describe(incident.device, subject)) + ".";
  return sentence(*worst, incident, subject);
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

std::string advice(const Incident& incident, const Subject& subject) {
  switch (incident.kind) {
    case Kind::kBlind:
      return "Look at `gatewitness status`; if the probe does not come back by itself, restart gatewitness.";
    case Kind::kGatewaySends:
      return "If you did not set the router up to send mail, update its firmware, change its password and "
             "look for unknown "
             "programs on it.";
    case Kind::kScan:
      return "If you or somebody you know runs this scan, there is nothing to do. If not, look at what runs "
             "on the "
             "device.";
    case Kind::kBulk:
      return "If somebody sent a newsletter or an invitation, there is nothing to do. If not, change the "
             "password of "
             "the mail account and check the device for malware.";
    case Kind::kTakenOver:
      return "Stop outgoing mail on the server, look at its queue and its logins of today, change the "
             "passwords of "
             "all its accounts and close what lets strangers send.";
    case Kind::kRelay:
      return "Close the port that is forwarded to this device, and look for a proxy or an open mail server "
             "on it.";
    case Kind::kCredentialAbuse:
      return "Take the device off the network and check it for malware; change the passwords of the mail "
             "accounts "
             "that were used on it. If a guest has many accounts, there is nothing to do.";
    default:
      break;
  }
  if (incident.severity == Severity::kNotice) {
    return "If this is your mail server, say so in the configuration (devices: role: mail-server) and this "
           "stays quiet. If not, keep "
           "an eye on the device.";
  }
  if (may_be_another(incident, subject)) {
    return "Look at what is connected behind this device and take it off the network, one after another, "
           "until "
           "it stops; what is connected to the gateway directly can be told apart.";
  }
  if (is_appliance(subject.device_class)) {
    return "Unplug the device or take it off the network, update it, reset it and set a new password; if it "
           "goes on, leave it offline.";
  }
  return "Take the device off the network, check it for malware and change the passwords that are stored on "
         "it. If it is your mail "
         "server, say so in the configuration (devices: role: mail-server).";
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
