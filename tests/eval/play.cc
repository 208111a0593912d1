// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/play.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "daemon/pipeline/pipeline.h"
#include "tests/eval/incumbents.h"
#include "tests/eval/records.h"

namespace gatewitness::eval {
namespace {

constexpr Duration kEpisode = std::chrono::hours(1);

enum class What : uint8_t { kHello, kClock, kRestart, kLookup, kSession };

struct Event {
  Timestamp time;
  What what;
  uint32_t index;
  Moment moment;
};

std::vector<Event> events_of(const Home& home) {
  std::vector<Event> events;
  const auto add = [&](Timestamp time, What what, std::size_t index, Moment moment = Moment::kStart) {
    events.push_back({time, what, static_cast<uint32_t>(index), moment});
  };
  for (std::size_t i = 0; i < home.devices.size(); ++i) add(Home::kStart, What::kHello, i);
  for (std::size_t i = 0; i < home.steps.size(); ++i) add(home.steps[i].time, What::kClock, i);
  for (std::size_t i = 0; i < home.restarts.size(); ++i) add(home.restarts[i], What::kRestart, i);
  for (std::size_t i = 0; i < home.lookups.size(); ++i) add(home.lookups[i].time, What::kLookup, i);
  for (std::size_t i = 0; i < home.sessions.size(); ++i) {
    const Session& session = home.sessions[i];
    add(session.start, What::kSession, i, Moment::kStart);
    if (session.port == 25 && session.fate == Fate::kTalks)
      add(time_of(session, Moment::kMiddle), What::kSession, i, Moment::kMiddle);
    add(time_of(session, Moment::kEnd), What::kSession, i, Moment::kEnd);
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
  return events;
}

PipelineOptions options_for(const Home& home, const PlayOptions& play) {
  PipelineOptions options;
  options.detection = play.detection;
  options.network.lan_prefixes = {Prefix::parse("2001:db8:1::/48").value()};
  options.attribution.claim_validity = std::chrono::hours(24);
  for (const auto& device : home.devices) {
    if (device.role != Role::kNone) options.owner[device.mac] = {"", device.role};
  }
  return options;
}

// The incumbents' side: each device has its own set of them.
class Beside {
 public:
  explicit Beside(Played& played) : played_(played) { played_.by_incumbent.resize(incumbents().size()); }

  void take(const Session& session, Moment moment, uint32_t device) {
    auto& all = devices_[device];
    if (all.empty()) {
      for (const auto& kind : incumbents()) all.push_back({kind.make(), {}});
    }
    const Timestamp now = time_of(session, moment);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool speaks =
          moment == Moment::kStart ? all[i].rule->opened(session, now) : all[i].rule->ended(session, now);
      if (!speaks) continue;
      if (all[i].last == Timestamp{} || now - all[i].last >= kEpisode)
        played_.by_incumbent[i].push_back({now, device, true, ""});
      all[i].last = now;
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Incumbent> rule;
    Timestamp last;
  };
  Played& played_;
  std::map<uint32_t, std::vector<Slot>> devices_;
};

class Player {
 public:
  Player(const Home& home, const PlayOptions& options)
      : home_(home),
        options_(options_for(home, options)),
        pipeline_(options_),
        beside_(played_),
        with_incumbents_(options.with_incumbents) {
    for (std::size_t i = 0; i < home.devices.size(); ++i)
      by_mac_[to_string(home.devices[i].mac)] = static_cast<uint32_t>(i);
  }

  Played run() {
    for (const Event& event : events_of(home_)) {
      true_time_ = event.time;
      take(event);
      listen();
    }
    true_time_ += std::chrono::hours(2);
    catch_up(shown());
    return std::move(played_);
  }

 private:
  // What the home's clock shows.
  Timestamp shown() const { return true_time_ + step_; }

  void take(const Event& event) {
    switch (event.what) {
      case What::kHello:
        return hello(home_.devices[event.index]);
      case What::kClock:
        step_ = home_.steps[event.index].by;
        return;
      case What::kRestart:
        return restart();
      case What::kLookup: {
        const MxLookup& lookup = home_.lookups[event.index];
        const SimDevice& device = home_.devices[lookup.device];
        return hand(wire::MxQuery{"br-lan", device.mac, device.v4, lookup.name});
      }
      case What::kSession:
        return session(home_.sessions[event.index], event.moment, event.index + 1);
    }
  }

  void hello(const SimDevice& device) {
    hand(wire::AddressClaim{"br-lan", device.mac, device.v4, wire::ClaimSource::kDhcp, 86'400, false, false});
    if (!device.host_name.empty())
      hand(wire::IdentityFact{"br-lan", device.mac, device.v4, wire::FactKind::kDhcpHostName,
                              device.host_name});
    if (!device.vendor_class.empty())
      hand(wire::IdentityFact{"br-lan", device.mac, device.v4, wire::FactKind::kDhcpVendorClass,
                              device.vendor_class});
  }

  void session(const Session& session, Moment moment, uint64_t id) {
    const uint32_t device = session.from_gateway ? kGatewayDevice : session.device;
    if (moment == Moment::kStart) ++played_.attempts;
    if (with_incumbents_ && !session.inbound && moment != Moment::kMiddle && session.banner != "(not mail)")
      beside_.take(session, moment, device);
    if (session.from_gateway) {
      wire::Binding binding = binding_at(session, moment, id);
      binding.started += step_;
      if (binding.ended) *binding.ended += step_;
      return hand(binding);
    }
    wire::Attempt attempt = attempt_at(home_, session, moment, id);
    attempt.started += step_;
    attempt.last += step_;
    hand(attempt);
  }

  void hand(wire::Record record) {
    const Timestamp now = shown();
    catch_up(now);
    pipeline_.handle({{"capture", 1, sequence_++, now}, std::move(record)}, now);
  }

  // Due things happen when due, as they do live.
  void catch_up(Timestamp now) {
    for (int i = 0; i < 10'000; ++i) {
      const auto due = pipeline_.next_deadline();
      if (!due || *due > now) break;
      const Timestamp actual = true_time_;
      true_time_ = std::min(actual, *due - step_);
      pipeline_.tick(*due);
      listen();
      true_time_ = actual;
    }
  }

  void restart() {
    std::vector<uint8_t> saved;
    pipeline_.save(saved);
    Pipeline fresh(options_);
    if (const auto restored = fresh.restore(saved); !restored) throw std::runtime_error(restored.error());
    pipeline_ = std::move(fresh);
  }

  void listen() {
    for (const auto& event : pipeline_.take_events()) {
      if (event.kind != PipelineEvent::Kind::kIncidentOpened &&
          event.kind != PipelineEvent::Kind::kIncidentWorsened)
        continue;
      const auto incident = pipeline_.explain(event.incident_id).value();
      if (incident.at("device").is_null()) continue;
      const auto id = incident.at("device").at("id").get<std::string>();
      const auto device = by_mac_.find(id);
      played_.spoken.push_back({true_time_, device == by_mac_.end() ? kGatewayDevice : device->second,
                                incident.at("severity") == "alarm", incident.at("kind").get<std::string>()});
    }
  }

  const Home& home_;
  PipelineOptions options_;
  Pipeline pipeline_;
  Played played_;
  Beside beside_;
  bool with_incumbents_;
  std::map<std::string, uint32_t> by_mac_;
  Timestamp true_time_ = Home::kStart;
  Duration step_{};
  uint64_t sequence_ = 0;
};

}  // namespace

Played play(const Home& home, const PlayOptions& options) {
  return Player(home, options).run();
}

}  // namespace gatewitness::eval
