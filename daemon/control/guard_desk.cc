// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/guard_desk.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/control/answer.h"
#include "daemon/control/guard_words.h"
#include "daemon/model/grade.h"
#include "probes/wire/json_text.h"
#include "probes/wire/text.h"
#include "probes/wire/utf8.h"

namespace gatewitness::control {
namespace {

using nlohmann::json;
using quarantine::Block;
using quarantine::Quarantine;
using quarantine::Reply;
using quarantine::Request;
using quarantine::Scope;
using quarantine::Target;

constexpr Duration kAskTheSilent = std::chrono::seconds(30);

DeviceId device_of(const Target& target) {
  return target.mac ? DeviceId::of(*target.mac) : DeviceId::gateway();
}

// What the gateway sends has no LAN MAC; its own MACs are its own name.
Target settled(Target target, const Home& home) {
  return target.mac && home.is_gateway(*target.mac) ? Target{} : target;
}

std::expected<Target, std::string> target_of(const BlockWords& words, const Home& home) {
  if (words.target) return settled(*words.target, home);
  const auto device = home.device_of(words.incident);
  if (!device)
    return std::unexpected("there is no incident \"" + printable(words.incident, 64) +
                           "\" that is about a device");
  if (device->kind == DeviceId::Kind::kAddress)
    return std::unexpected("incident \"" + printable(words.incident, 64) +
                           "\" knows an address but no MAC: nothing that a quarantine could hold on to");
  return settled(device->kind == DeviceId::Kind::kGateway ? Target{} : Target{device->mac}, home);
}

// Why the owner should think twice.
std::optional<std::string> danger(const Target& target, const BlockWords& words, const Home& home) {
  if (target.is_gateway())
    return "this is the gateway itself: mail that it sends or relays would stop (--force does it all the "
           "same)";
  const auto from_address = words.from_address ? home.mac_of(*words.from_address) : std::nullopt;
  if (words.from_mac == target.mac || (from_address && from_address == target.mac))
    return to_string(target) + " is the device that you are connected from (--force does it all the same)";
  return std::nullopt;
}

std::vector<std::string> notes_on(const Target& target, const Home& home) {
  if (target.is_gateway()) return {};
  const json device = home.device(device_of(target));
  if (device.is_null()) return {to_string(target) + " has never been seen here"};
  if (device.value("shared_mac", false))
    return {"several devices send with this MAC (a repeater?): it is for all of them"};
  return {};
}

uint64_t number_of(const std::string& incident) {
  return std::strtoull(incident.c_str(), nullptr, 10);
}

std::string name_of(const Quarantine& quarantine, const Home& home) {
  const json device = home.device(device_of(quarantine.target));
  return device.is_object() ? device.value("name", "") : "";
}

}  // namespace

std::optional<GuardDesk::Heard> GuardDesk::hear(std::span<const uint8_t> request, const Home& home) const {
  if (request.size() > kMaxRequest) return std::nullopt;
  const json parsed = read_json(request);
  const std::string command =
      parsed.is_object() && parsed.contains("command") && parsed["command"].is_string()
          ? parsed["command"].get<std::string>()
          : "";
  if (command != "block" && command != "unblock" && command != "blocked") return std::nullopt;
  if (!config_.enabled) return as_line(refusal("the guard is not running: guard.enabled is false"));
  if (command == "blocked") return Errand{quarantine::List{}, {}};
  if (command == "unblock") {
    const auto target = read_target(parsed);
    if (!target) return as_line(refusal(target.error()));
    return Errand{quarantine::Unblock{settled(*target, home)}, {}};
  }
  const auto words = read_block(parsed);
  if (!words) return as_line(refusal(words.error()));
  const auto target = target_of(*words, home);
  if (!target) return as_line(refusal(target.error()));
  const Scope scope = words->all.value_or(config_.all && !target->is_gateway()) ? Scope::kAll : Scope::kMail;
  if (const auto fault = danger(*target, *words, home); fault && !words->force)
    return as_line(refusal(*fault));
  const auto length =
      words->length.value_or(std::chrono::duration_cast<std::chrono::seconds>(config_.length));
  return Errand{
      Block{
          *target, scope, length, {false, number_of(words->incident)}, home.addresses_of(device_of(*target))},
      notes_on(*target, home)};
}

std::string GuardDesk::answer(const Errand& errand, const std::expected<Reply, std::string>& reply,
                              const Home& home) const {
  if (!reply) return as_line(refusal(reply.error()));
  json notes = errand.notes;
  for (const auto& note : reply->notes) notes.push_back(note);
  if (std::holds_alternative<quarantine::List>(errand.request)) {
    json all = json::array();
    for (const auto& each : reply->quarantines) all.push_back(view(each, name_of(each, home)));
    return as_line(data({{"quarantines", std::move(all)}, {"guard", status()}, {"notes", std::move(notes)}}));
  }
  if (const auto* unblock = std::get_if<quarantine::Unblock>(&errand.request))
    return as_line(data({{"released", to_string(unblock->target)}, {"notes", std::move(notes)}}));
  const auto* block = std::get_if<Block>(&errand.request);
  const auto made = block == nullptr
                        ? reply->quarantines.end()
                        : std::ranges::find(reply->quarantines, block->target, &Quarantine::target);
  if (made == reply->quarantines.end()) return as_line(refusal("the guard says yes, but has not done it"));
  return as_line(data({{"quarantine", view(*made, name_of(*made, home))}, {"notes", std::move(notes)}}));
}

void GuardDesk::consider(PipelineEvent::Kind kind, const json& incident, const Home& home, Timestamp now) {
  if (!config_.enabled || config_.automatic == config::Automatic::kOff || !incident.is_object()) return;
  const uint64_t number = number_of(incident.value("id", ""));
  if (kind == PipelineEvent::Kind::kIncidentClosed) {
    acted_.erase(number);  // if it opens again, that is new
    give_up([&](const Block& block) { return block.cause.incident == number; });
    return;
  }
  const std::string grade = incident.value("grade", "");
  const bool sure = grade == to_string(Grade::kWitnessed) || grade == to_string(Grade::kStrong);
  const auto device = incident.find("device");
  if (number == 0 || acted_.contains(number) || !sure || incident.value("severity", "") != "alarm" ||
      incident.value("state", "") != "open" || device == incident.end() || !device->is_object())
    return;
  const auto mac = device->find("mac");
  const auto target = mac != device->end() && mac->is_string()
                          ? Target::parse(mac->get_ref<const std::string&>())
                          : std::nullopt;
  // Never of itself: the gateway, whose mail may be the owner's. What stands already, stands.
  if (!target || settled(*target, home).is_gateway() || find(*target) != nullptr ||
      pending_.contains(*target) || wanted_.size() >= quarantine::kMaxQuarantines)
    return;
  if (const auto until = pardoned_.find(*target); until != pardoned_.end()) {
    if (now < until->second) return;
    pardoned_.erase(until);
  }
  remember(number);
  pending_[*target] = number;
  wanted_.push_back({*target,
                     config_.automatic == config::Automatic::kAll ? Scope::kAll : Scope::kMail,
                     std::chrono::duration_cast<std::chrono::seconds>(config_.automatic_length),
                     {true, number},
                     home.addresses_of(device_of(*target))});
}

void GuardDesk::give_up(const std::function<bool(const Block&)>& which) {
  std::erase_if(wanted_, [&](const Block& block) {
    if (!which(block)) return false;
    pending_.erase(block.target);
    acted_.erase(block.cause.incident);
    return true;
  });
}

void GuardDesk::remember(uint64_t incident) {
  acted_.insert(incident);
  if (acted_.size() > kMaxActed) acted_.erase(acted_.begin());
}

void GuardDesk::pardon(const Target& target, Timestamp until) {
  pardoned_[target] = until;
  if (pardoned_.size() <= kMaxPardoned) return;
  pardoned_.erase(std::ranges::min_element(pardoned_, {}, [](const auto& entry) { return entry.second; }));
}

json GuardDesk::save() const {
  json pardoned = json::object();
  for (const auto& [target, until] : pardoned_) pardoned[to_string(target)] = to_string(until);
  // Before the guard has answered nothing is done: a restart then must not take it for done.
  auto acted = acted_;
  for (const auto& [target, incident] : pending_) acted.erase(incident);
  return {{"acted", std::move(acted)}, {"pardoned", std::move(pardoned)}};
}

void GuardDesk::restore(const json& saved) {
  if (!saved.is_object()) return;
  if (const auto acted = saved.find("acted"); acted != saved.end() && acted->is_array())
    for (const auto& incident : *acted)
      if (incident.is_number_unsigned()) remember(incident.get<uint64_t>());
  const auto pardoned = saved.find("pardoned");
  if (pardoned == saved.end() || !pardoned->is_object()) return;
  for (const auto& [name, value] : pardoned->items()) {
    const auto target = Target::parse(name);
    const auto until = value.is_string() ? parse_timestamp(value.get_ref<const std::string&>())
                                         : std::unexpected(std::string());
    if (target && until) pardon(*target, *until);
  }
}

std::vector<Request> GuardDesk::take_requests(const Home& home, Timestamp now) {
  std::vector<Request> requests;
  if (!config_.enabled) return requests;
  // Not before it is known what stands: that must not be replaced. A guard that is silent gets them later.
  if (counters_)
    for (auto& block : std::exchange(wanted_, {})) requests.emplace_back(std::move(block));
  const auto due = next_deadline();
  // A clock that was set back must not put it off for ever.
  if (due && now < *due && now + kAskTheSilent >= *due) return requests;
  asked_ = now;
  for (const auto& each : standing_) {
    auto addresses = home.addresses_of(device_of(each.quarantine.target));
    std::ranges::sort(addresses);
    auto known = each.quarantine.addresses;
    std::ranges::sort(known);
    // A device that is silent keeps what it had: nobody else has it.
    if (addresses != known && !addresses.empty())
      requests.emplace_back(quarantine::Move{each.quarantine.target, std::move(addresses)});
  }
  requests.emplace_back(quarantine::List{});
  return requests;
}

std::optional<Timestamp> GuardDesk::next_deadline() const {
  if (!config_.enabled || !asked_) return std::nullopt;
  if (counters_ && !wanted_.empty()) return asked_;  // now
  return *asked_ + (fault_.empty() ? kAskAgain : kAskTheSilent);
}

void GuardDesk::learn(const Request& request, const std::expected<Reply, std::string>& reply,
                      const Home& home, Timestamp now) {
  if (const auto* block = std::get_if<Block>(&request); block != nullptr && block->cause.automatic)
    pending_.erase(block->target);
  if (!reply) {
    if (const auto* block = std::get_if<Block>(&request); block != nullptr && block->cause.automatic) {
      acted_.erase(block->cause.incident);  // tried again when there is more of it
      notices_.push_back("the automatic quarantine of " + to_string(block->target) +
                         " failed: " + reply.error());
    }
    // Only of a plain question: that fails if the guard does.
    if (!std::holds_alternative<quarantine::List>(request)) return;
    if (fault_ != reply.error()) notices_.push_back("gatewitness-guard: " + reply.error());
    fault_ = reply.error();
    return;
  }
  const bool first = !counters_.has_value();
  if (!fault_.empty() && !first) notices_.push_back("gatewitness-guard answers again");
  fault_.clear();
  counters_ = reply->counters;
  if (const auto* unblock = std::get_if<quarantine::Unblock>(&request))
    pardon(unblock->target, now + config_.automatic_length);
  for (const auto& note : reply->notes) notices_.push_back("gatewitness-guard: " + note);
  // What stood before this process did is no news.
  if (first && std::holds_alternative<quarantine::List>(request)) {
    for (const auto& each : reply->quarantines) {
      standing_.push_back({each, name_of(each, home)});
      if (each.cause.automatic) automatic_.push_back(standing_.back());
    }
    give_up([&](const Block& block) { return find(block.target) != nullptr; });
    return;
  }
  compare(reply->quarantines, home, now);
}

void GuardDesk::compare(const std::vector<Quarantine>& now_standing, const Home& home, Timestamp now) {
  std::vector<Standing> next;
  for (const auto& each : now_standing) {
    const Standing* known = find(each.target);
    next.push_back({each, known != nullptr ? known->name : name_of(each, home)});
    const bool same = known != nullptr && known->quarantine.end == each.end &&
                      known->quarantine.scope == each.scope && known->quarantine.cause == each.cause;
    if (!same) tell("device-quarantined", next.back(), now);
    if (each.cause.automatic && (known == nullptr || known->quarantine.cause != each.cause))
      automatic_.push_back(next.back());
  }
  for (const auto& before : standing_) {
    const bool stands = std::ranges::any_of(
        now_standing, [&](const auto& each) { return each.target == before.quarantine.target; });
    if (!stands) tell("device-released", before, now);
  }
  standing_ = std::move(next);
}

void GuardDesk::tell(const char* event, const Standing& standing, Timestamp now) {
  const bool begins = std::string_view(event) == "device-quarantined";
  json told = view(standing.quarantine, standing.name);
  const std::string words = begins ? sentence(standing.quarantine, standing.name)
                                   : sentence_of_end(standing.quarantine, standing.name);
  told["sentence"] = words;
  events_.push_back(as_line({{"event", event}, {"time", to_string(now)}, {"quarantine", std::move(told)}}));
  notices_.push_back(words);
}

const GuardDesk::Standing* GuardDesk::find(const Target& target) const {
  const auto found = std::ranges::find_if(
      standing_, [&](const Standing& standing) { return standing.quarantine.target == target; });
  return found == standing_.end() ? nullptr : &*found;
}

json GuardDesk::view(const Quarantine& q, const std::string& name) const {
  json addresses = json::array();
  for (const auto& address : q.addresses) addresses.push_back(to_string(address));
  return {{"device", to_string(q.target)},
          {"mac", q.target.mac ? json(to_string(*q.target.mac)) : json(nullptr)},
          {"name", repaired_utf8(name)},
          {"scope", to_string(q.scope)},
          {"until", to_string(q.end)},
          {"for_s", q.length.count()},
          {"automatic", q.cause.automatic},
          {"incident", q.cause.incident == 0 ? json(nullptr) : json(std::to_string(q.cause.incident))},
          {"addresses", std::move(addresses)},
          {"sentence", sentence(q, name)}};
}

std::vector<std::string> GuardDesk::take_events() {
  return std::exchange(events_, {});
}
std::vector<std::string> GuardDesk::take_notices() {
  return std::exchange(notices_, {});
}
std::vector<json> GuardDesk::take_automatic() {
  std::vector<json> taken;
  for (const auto& each : std::exchange(automatic_, {})) taken.push_back(view(each.quarantine, each.name));
  return taken;
}

void GuardDesk::mark(json& object) const {
  if (!config_.enabled || !object.is_object()) return;
  const json* device = &object;  // of devices(), or an incident's
  if (const auto inner = object.find("device"); inner != object.end()) device = &*inner;
  const auto id = device->is_object() ? device->value("id", "") : std::string();
  const auto target = Target::parse(id);
  const Standing* found = target ? find(*target) : nullptr;
  object["quarantine"] = found == nullptr ? json(nullptr) : view(found->quarantine, found->name);
}

json GuardDesk::status() const {
  return {{"enabled", config_.enabled},
          {"answers", config_.enabled && fault_.empty()},
          {"fault", config_.enabled && !fault_.empty() ? json(fault_) : json(nullptr)},
          {"quarantines", standing_.size()},
          {"refused", counters_ ? counters_->refused : 0},
          {"malformed", counters_ ? counters_->malformed : 0},
          {"restored", counters_ ? counters_->restored : 0}};
}

}  // namespace gatewitness::control
