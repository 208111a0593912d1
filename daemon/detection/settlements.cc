// SPDX-License-Identifier: Apache-2.0
#include "daemon/detection/settlements.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "daemon/detection/contacts.h"
#include "daemon/model/saved.h"

namespace gatewitness {
namespace {

// A host that takes its customers' mail is called by what it does ("smtp.provider.example ESMTP"), an
// exchanger mostly otherwise (mx, in, gate).
bool sounds_like_relay(std::string_view banner) {
  static constexpr std::array<std::string_view, 6> kWords = {"smtp", "relay", "out", "submi", "send", "mail"};
  std::string name;
  for (const char c : banner.substr(0, banner.find(' ')))
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name.find("-in") != name.npos || name.find("mx") != name.npos) return false;
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return name.starts_with(word); });
}

// What the dialogue shows so far; nullopt: too early to say.
std::optional<Nature> nature_of(const wire::Attempt& attempt) {
  using wire::Outcome;
  if (attempt.outcome == Outcome::kRefused || attempt.outcome == Outcome::kUnreachable)
    return Nature::kRefused;
  if (attempt.outcome == Outcome::kSynOnly) {
    return attempt.final ? std::optional(Nature::kUnanswered) : std::nullopt;
  }
  if (const auto& smtp = attempt.smtp) {
    if (smtp->auth_succeeded > 0) return Nature::kAuthenticated;
    if (smtp->tls >= wire::Tls::kStarted) return Nature::kOpaque;
    // A login that was asked for may still succeed.
    if (smtp->mail_commands > 0 || smtp->rcpt_commands > 0 || smtp->messages_accepted > 0)
      return Nature::kMail;
    if (smtp->greeting_code >= 500) return Nature::kMail;
    if (attempt.final) return smtp->refusals.empty() ? Nature::kIdle : Nature::kMail;
    return std::nullopt;
  }
  if (!attempt.final) return std::nullopt;
  // Connected and closed without a word of the client's: somebody looked whether the port is open.
  return attempt.client_seen && attempt.to_server.bytes == 0 ? Nature::kIdle : Nature::kUnseen;
}

}  // namespace

std::optional<Settled> Settlements::observe(const Sighting& sighting) {
  if (sighting.first) {
    Waiting waiting;
    Settled& what = waiting.what;
    what.device = sighting.device;
    what.number = sighting.number;
    what.destination = key_of(destination_of(sighting.attempt.flow.destination.address));
    what.when = sighting.when;
    what.time = sighting.attempt.started;
    what.first_contact = sighting.new_destination;
    if (sighting.mx_query) {
      const Duration before = sighting.attempt.started - *sighting.mx_query;
      what.after_mx_query = before >= Duration(0) && before <= mx_window_;
    }
    // Told late (a queue that was full, a clock that was set) is not unanswered: its answer is told late too.
    const Timestamp since = std::max(sighting.when, now_);
    waiting.due = since + (sighting.appliance ? std::min(no_answer_, kApplianceAfter) : no_answer_);
    wait(waiting);
  }
  const auto found = waiting_.find(sighting.number);
  if (found == waiting_.end()) return std::nullopt;
  Settled& what = found->second.what;
  what.role = sighting.role;
  what.appliance = sighting.appliance;
  what.smarthost = sighting.smarthost;
  what.serves_mail = sighting.serves_mail;
  what.scanning = sighting.scanning;
  if (sighting.attempt.smtp) what.names_itself_relay = sounds_like_relay(sighting.attempt.smtp->banner);
  Waiting& waiting = found->second;
  const auto nature = nature_of(sighting.attempt);
  if (nature && *nature != Nature::kRefused) return take(sighting.number, *nature);
  if (nature && waiting.in_the_end != Nature::kRefused)
    postpone(sighting.number, waiting, Nature::kRefused, std::max(sighting.when, now_) + kRefusedAfter);
  else if (sighting.attempt.outcome >= wire::Outcome::kEstablished && waiting.in_the_end != Nature::kUnseen)
    postpone(sighting.number, waiting, Nature::kUnseen, std::max(sighting.when, now_) + kUnseenAfter);
  return std::nullopt;
}

void Settlements::postpone(uint64_t number, Waiting& waiting, Nature nature, Timestamp due) {
  deadlines_.erase({waiting.due, number});
  waiting.in_the_end = nature;
  waiting.due = due;
  deadlines_.emplace(due, number);
}

void Settlements::wait(Waiting waiting) {
  if (waiting_.size() >= kMaxWaiting) {
    // The oldest cannot be waited for any more; it has had the least chance to be answered late.
    const auto oldest = deadlines_.begin();
    waiting_.erase(oldest->second);
    deadlines_.erase(oldest);
  }
  const uint64_t number = waiting.what.number;
  deadlines_.emplace(waiting.due, number);
  waiting_[number] = waiting;
}

std::optional<Settled> Settlements::take(uint64_t number, Nature nature) {
  const auto found = waiting_.find(number);
  Settled settled = found->second.what;
  settled.nature = nature;
  deadlines_.erase({found->second.due, number});
  waiting_.erase(found);
  return settled;
}

void Settlements::retract(uint64_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  deadlines_.erase({found->second.due, number});
  waiting_.erase(found);
}

std::vector<Settled> Settlements::tick(Timestamp now) {
  now_ = std::max(now_, now);
  std::vector<Settled> out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const uint64_t number = deadlines_.begin()->second;
    out.push_back(*take(number, waiting_.at(number).in_the_end));
  }
  return out;
}

std::optional<Timestamp> Settlements::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void Settlements::forget(const DeviceId& device) {
  for (auto entry = waiting_.begin(); entry != waiting_.end();) {
    if (entry->second.what.device != device) {
      ++entry;
      continue;
    }
    deadlines_.erase({entry->second.due, entry->first});
    entry = waiting_.erase(entry);
  }
}

nlohmann::json Settlements::save() const {
  auto out = nlohmann::json::array();
  for (const auto& [number, entry] : waiting_) {
    const Settled& what = entry.what;
    out.push_back({number, to_string(what.device), what.destination, ticks(what.when), ticks(what.time),
                   static_cast<unsigned>(what.role), what.appliance, what.smarthost, what.serves_mail,
                   what.scanning, what.first_contact, what.after_mx_query, what.names_itself_relay,
                   static_cast<unsigned>(entry.in_the_end), ticks(entry.due)});
  }
  return out;
}

void Settlements::restore(const nlohmann::json& state) {
  for (const auto& item : state) {
    if (waiting_.size() >= kMaxWaiting) return;
    Waiting waiting;
    Settled& what = waiting.what;
    what.number = whole<uint64_t>(item.at(0));
    what.device = device_of(item.at(1));
    what.destination = whole<uint64_t>(item.at(2));
    what.when = time_of(item.at(3));
    what.time = time_of(item.at(4));
    what.role = static_cast<Role>(std::min(whole<unsigned>(item.at(5)), 3U));
    what.appliance = item.at(6).get<bool>();
    what.smarthost = item.at(7).get<bool>();
    what.serves_mail = item.at(8).get<bool>();
    what.scanning = item.at(9).get<bool>();
    what.first_contact = item.at(10).get<bool>();
    what.after_mx_query = item.at(11).get<bool>();
    what.names_itself_relay = item.at(12).get<bool>();
    waiting.in_the_end = static_cast<Nature>(std::min(whole<unsigned>(item.at(13)), 6U));
    waiting.due = time_of(item.at(14));
    wait(waiting);
  }
}

}  // namespace gatewitness
