// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gatewitness::eval {
namespace {

using nlohmann::json;

constexpr std::size_t kMostSessions = 2500;

json session_view(const Home& home, const Session& session) {
  const SimDevice& device = home.devices[session.device];
  return {{"start_us", session.start.time_since_epoch().count()},
          {"device", session.device},
          {"address",
           session.behind > 0 ? "192.168.7." + std::to_string(100 + session.behind) : to_string(device.v4)},
          {"inbound", session.inbound},
          {"server", to_string(session.server)},
          {"port", session.port},
          {"fate", static_cast<unsigned>(session.fate)},
          {"tls", static_cast<unsigned>(session.tls)},
          {"starttls", session.starttls_offered},
          {"banner", session.banner},
          {"ehlo", session.ehlo},
          {"sni", session.sni},
          {"sender", "s" + std::to_string(session.sender) + "@" + session.sender_domain},
          {"recipients", session.recipients},
          {"messages", session.messages},
          {"identity", session.identity},
          {"auth_refused", session.auth_refused},
          {"stop", static_cast<unsigned>(session.stop)},
          {"code", session.code},
          {"refusal", static_cast<unsigned>(session.refusal)},
          {"list", session.list},
          {"bytes", session.body_bytes},
          {"seconds", session.seconds}};
}

}  // namespace

bool can_be_frames(const Home& home) {
  const bool unseen = std::any_of(home.sessions.begin(), home.sessions.end(),
                                  [](const Session& s) { return s.from_gateway; });
  return !unseen && home.steps.empty() && !home.v6_only && home.sessions.size() <= kMostSessions;
}

std::string plan_of(const Home& home, std::string_view kind, const Played& played) {
  json devices = json::array(), sessions = json::array(), lookups = json::array(), alarms = json::array();
  for (const SimDevice& device : home.devices) {
    devices.push_back({{"mac", to_string(device.mac)},
                       {"address", to_string(device.v4)},
                       {"name", device.host_name},
                       {"vendor", device.vendor_class},
                       {"role", to_string(device.role)}});
  }
  for (const Session& session : home.sessions) sessions.push_back(session_view(home, session));
  for (const MxLookup& lookup : home.lookups) {
    lookups.push_back({{"time_us", lookup.time.time_since_epoch().count()},
                       {"device", lookup.device},
                       {"name", lookup.name}});
  }
  for (const Spoken& spoken : played.spoken) {
    if (spoken.alarm) alarms.push_back({to_string(home.devices[spoken.device].mac), spoken.kind});
  }
  return json{{"kind", kind},
              {"start_us", Home::kStart.time_since_epoch().count()},
              {"devices", std::move(devices)},
              {"sessions", std::move(sessions)},
              {"lookups", std::move(lookups)},
              {"alarms", std::move(alarms)}}
      .dump();
}

}  // namespace gatewitness::eval
