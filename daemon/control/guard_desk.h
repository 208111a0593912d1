// SPDX-License-Identifier: Apache-2.0
//
// The daemon's side of quarantines (README.md): understands what the owner asks, says no where the way out
// would be cut, turns a device or an incident into what the guard understands, decides of itself where that
// is configured, and tells what became of it. Holds no socket and asks no clock. Owned by the Witness; the
// loop carries its requests to the guard (guard_link.h) and the replies back.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/model/device_id.h"
#include "daemon/pipeline/pipeline.h"
#include "daemon/quarantine/request.h"

namespace gatewitness::control {

// What the desk must know of the home. The functions are called while the desk is, and not kept.
struct Home {
  // The device of an incident; nothing: no such incident, or it is about none.
  std::function<std::optional<DeviceId>(std::string_view incident)> device_of;
  // {id, mac, name, class, shared_mac}, or null if it was never seen.
  std::function<nlohmann::json(const DeviceId& device)> device;
  std::function<std::vector<IpAddress>(const DeviceId& device)> addresses_of;
  std::function<std::optional<MacAddress>(const IpAddress& address)> mac_of;
  std::function<bool(const MacAddress& mac)> is_gateway;
};

class GuardDesk {
 public:
  explicit GuardDesk(const config::GuardConfig& config) : config_(config) {}
  bool enabled() const { return config_.enabled; }

  // What the guard shall be asked for somebody who waits, and what he is to know besides.
  struct Errand {
    quarantine::Request request;
    std::vector<std::string> notes;
  };
  // Of a request to the control socket: the answer at once (a line of JSON), or an errand first. Nothing: it
  // is none of block, unblock and blocked.
  using Heard = std::variant<std::string, Errand>;
  std::optional<Heard> hear(std::span<const uint8_t> request, const Home& home) const;
  // The answer to whoever waits, once learn() has seen the reply.
  std::string answer(const Errand& errand, const std::expected<quarantine::Reply, std::string>& reply,
                     const Home& home) const;

  // A change of an incident, as incidents() lists it: it may be reason enough.
  void consider(PipelineEvent::Kind kind, const nlohmann::json& incident, const Home& home, Timestamp now);
  // What to ask the guard for nobody: automatic quarantines, devices that moved, what stands.
  std::vector<quarantine::Request> take_requests(const Home& home, Timestamp now);
  std::optional<Timestamp> next_deadline() const;
  // What came back, of any request.
  void learn(const quarantine::Request& request, const std::expected<quarantine::Reply, std::string>& reply,
             const Home& home, Timestamp now);

  // Each as a line of JSON for the event stream, since the last call.
  std::vector<std::string> take_events();
  std::vector<std::string> take_notices();
  // Automatic quarantines that began since the last call, as "blocked" lists them; at the guard's first
  // answer all that stand: one may have begun just before a restart. Who tells the owner knows what he has
  // told.
  std::vector<nlohmann::json> take_automatic();
  // "quarantine" of an incident or a device: what stands for its device, or null. Where the guard is off
  // there is no such key.
  void mark(nlohmann::json& object) const;
  nlohmann::json status() const;

  // What must survive a restart, so that the owner's word holds: incidents that have had their quarantine,
  // and devices that he let go, which automatic quarantine leaves alone for guard.automatic_for.
  nlohmann::json save() const;
  void restore(const nlohmann::json& saved);

  static constexpr std::size_t kMaxActed = 1024;
  static constexpr std::size_t kMaxPardoned = 1024;
  static constexpr Duration kAskAgain = std::chrono::seconds(5);

 private:
  struct Standing {
    quarantine::Quarantine quarantine;
    std::string name;  // of the device, as it was called when it began
  };
  void remember(uint64_t incident);
  // Of what is wanted and was not asked for.
  void give_up(const std::function<bool(const quarantine::Block&)>& which);
  void pardon(const quarantine::Target& target, Timestamp until);
  const Standing* find(const quarantine::Target& target) const;
  nlohmann::json view(const quarantine::Quarantine& quarantine, const std::string& name) const;
  void tell(const char* event, const Standing& standing, Timestamp now);
  void compare(const std::vector<quarantine::Quarantine>& now_standing, const Home& home, Timestamp now);

  config::GuardConfig config_;
  std::vector<Standing> standing_;
  std::optional<quarantine::Counters> counters_;   // of the newest reply; nothing: none yet
  std::string fault_ = "it has not answered yet";  // why the guard does not answer; "" while it does
  std::optional<Timestamp> asked_;
  std::vector<quarantine::Block> wanted_;
  // Wanted for this incident, and the guard has not answered: two incidents at once are one reason.
  std::map<quarantine::Target, uint64_t> pending_;
  std::set<uint64_t> acted_;
  std::map<quarantine::Target, Timestamp> pardoned_;  // until when
  std::vector<std::string> events_;
  std::vector<std::string> notices_;
  std::vector<Standing> automatic_;  // nobody has taken them
};

}  // namespace gatewitness::control
