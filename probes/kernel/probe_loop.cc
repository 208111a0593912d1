// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/probe_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "probes/kernel/binding_table.h"
#include "probes/kernel/conntrack_feed.h"
#include "probes/kernel/neighbourhood.h"
#include "probes/kernel/route_feed.h"
#include "probes/leases/lease_book.h"
#include "probes/process/clock.h"
#include "probes/wire/codec.h"

namespace gatewitness::kernel {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr unsigned kHintsPerTurn = 256;

class Loop {
 public:
  Loop(const ProbeParts& parts, NetlinkSocket conntrack, NetlinkSocket route, Requester requester)
      : parts_(parts),
        neighbourhood_({}, parts.options.interfaces,
                       [this](Timestamp time, const wire::Record& record) { tell_neighbour(time, record); }),
        lease_book_([this](Timestamp time, const wire::Record& record) { publish(time, record); }),
        bindings_(
            {}, [this](uint16_t port) { return is_mail_port(port); },
            [this](const IpAddress& address) { return neighbourhood_.is_own(address); },
            [this](Timestamp time, const wire::Binding& binding) { publish(time, binding); }),
        route_(std::move(route), neighbourhood_, gap_handler("addresses and neighbours")),
        conntrack_(std::move(conntrack), std::move(requester), bindings_, parts.options.review,
                   gap_handler("connections")) {}

  int run() {
    const Timestamp now = process::wall_clock_now();
    publish(now, wire::CaptureGap{"", now, now, wire::GapReason::kProbeStart, 0});
    publish_status(now, false);
    route_.start(now, SteadyClock::now());
    while (alive_ && !parts_.signals.take()) turn();
    publish_status(process::wall_clock_now(), true);
    return alive_ ? 0 : 3;  // not 1: starting again helps
  }

 private:
  void publish(Timestamp time, const wire::Record& record) { parts_.publisher.publish(time, record); }
  // Who is about may have a name in the gateway's records.
  void tell_neighbour(Timestamp time, const wire::Record& record) {
    publish(time, record);
    const auto* claim = std::get_if<wire::AddressClaim>(&record);
    if (claim != nullptr && !claim->withdrawn) lease_book_.present(claim->mac, time);
  }
  bool is_mail_port(uint16_t port) const {
    return std::ranges::binary_search(parts_.options.mail_ports, port);
  }

  ConntrackFeed::Gap gap_handler(const char* what) {
    return [this, what](Timestamp from, Timestamp to, uint64_t count) {
      parts_.log.warning("the kernel had no room for " + std::to_string(count) + " messages about " + what +
                         ": asking for all of them");
      publish(to, wire::CaptureGap{"", from, to, wire::GapReason::kNetlinkLoss, count});
    };
  }

  void turn() {
    wait();
    const Timestamp now = process::wall_clock_now();
    const auto steady = SteadyClock::now();
    // Addresses first: they tell the gateway's own connections from the others.
    if (!route_.read(now, steady)) return fail("the route socket failed");
    route_.tick(steady);
    if ((polled_[5].revents & POLLIN) != 0) parts_.leases.read_events(steady);
    parts_.leases.tick(lease_book_, now, steady);
    if (!route_.ready()) return heartbeat(now, steady);
    if (!std::exchange(following_, true)) conntrack_.start(now, steady);
    if (!conntrack_.read(now, steady)) return fail("the conntrack socket failed");
    read_hints(now);
    if (!conntrack_.tick(now, steady)) return fail("the process that asks for dumps is gone");
    heartbeat(now, steady);
  }

  void wait() {
    // What is not followed yet stays in the kernel's buffer.
    polled_[0] = {route_.fd(), POLLIN, 0};
    polled_[1] = {following_ ? conntrack_.fd() : -1, POLLIN, 0};
    polled_[2] = {parts_.signals.fd(), POLLIN, 0};
    polled_[3] = {conntrack_.requester_fd(), 0, 0};
    polled_[4] = {parts_.hints ? parts_.hints->fd() : -1, POLLIN, 0};
    polled_[5] = {parts_.leases.fd(), POLLIN, 0};
    ::poll(polled_.data(), polled_.size(), timeout_ms());
    if ((polled_[3].revents & (POLLERR | POLLHUP)) != 0) fail("the process that asks for dumps is gone");
  }

  int timeout_ms() const {
    if (more_hints_) return 0;
    auto next = std::min({next_heartbeat_, route_.next_deadline(), parts_.leases.next_deadline()});
    if (following_) next = std::min(next, conntrack_.next_deadline());
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(next - SteadyClock::now());
    return static_cast<int>(std::clamp<int64_t>(rest.count(), 0, 3'600'000));
  }

  void read_hints(Timestamp now) {
    more_hints_ = false;
    if (!parts_.hints) return;
    for (unsigned read = 0; read < kHintsPerTurn; ++read) {
      const auto message = parts_.hints->receive();
      if (!message) return;
      take_hint(*message, now);
    }
    more_hints_ = true;
  }

  void take_hint(std::span<const uint8_t> bytes, Timestamp now) {
    const auto envelope = wire::decode(bytes);
    const auto* attempt = envelope ? std::get_if<wire::Attempt>(&envelope->record) : nullptr;
    if (attempt == nullptr || attempt->is_mail != wire::IsMail::kYes) {
      ++hints_malformed_;
      return;
    }
    // An attempt that is over is looked for among what is known only.
    if (!bindings_.hint(attempt->flow, attempt->started, now) && !attempt->final) conntrack_.look_again();
  }

  void heartbeat(Timestamp now, SteadyTime steady) {
    if (steady < next_heartbeat_) return;
    conntrack_.report_loss(now);
    const uint64_t evicted = bindings_.counters().told_evicted;
    if (evicted > evicted_told_)
      publish(now,
              wire::CaptureGap{"", status_time_, now, wire::GapReason::kTableFull, evicted - evicted_told_});
    evicted_told_ = evicted;
    publish_status(now, false);
  }

  void publish_status(Timestamp now, bool stopping) {
    publish(now, wire::ProbeStatus{.pid = static_cast<uint64_t>(::getpid()),
                                   .stopping = stopping,
                                   .sandboxed = parts_.sandboxed,
                                   .note = parts_.note,
                                   .interfaces = {},
                                   .counters = counters()});
    status_time_ = now;
    next_heartbeat_ = SteadyClock::now() + parts_.options.heartbeat;
  }

  // Each is explained beside the structure that counts it.
  std::vector<wire::Counter> counters() const {
    const auto& table = bindings_.counters();
    const auto& around = neighbourhood_.counters();
    const auto& events = conntrack_.counters();
    const auto& routes = route_.counters();
    const auto& leased = parts_.leases.counters();
    return {{"conntrack_messages", events.messages},
            {"conntrack_passed_over", events.passed_over},
            {"conntrack_losses", events.losses},
            {"conntrack_lost", events.lost},
            {"conntrack_dumps", events.dumps},
            {"conntrack_dumps_failed", events.dumps_failed},
            {"route_messages", routes.messages},
            {"route_losses", routes.losses},
            {"route_lost", routes.lost},
            {"route_dumps", routes.dumps},
            {"route_dumps_failed", routes.dumps_failed},
            {"bindings_told", table.told},
            {"bindings_live", bindings_.live()},
            {"bindings_evicted", table.told_evicted},
            {"connections_waiting", bindings_.waiting()},
            {"connections_evicted", table.waiting_evicted},
            {"hints", table.hints},
            {"hints_unanswered", table.hints_unanswered},
            {"hints_malformed", hints_malformed_},
            {"own_addresses", neighbourhood_.addresses()},
            {"own_addresses_refused", around.addresses_refused},
            {"links_refused", around.links_refused},
            {"neighbours", neighbourhood_.neighbours()},
            {"neighbours_unkept", around.neighbours_unkept},
            {"leases", lease_book_.live()},
            {"leases_told", lease_book_.counters().told},
            {"leases_withdrawn", lease_book_.counters().withdrawn},
            {"lease_files_read", leased.reads},
            {"lease_files_refused", leased.refused},
            {"lease_lines_bad", leased.bad_lines},
            {"leases_unplaced", leased.unplaced},
            {"leases_cut", leased.cut},
            {"records_published", parts_.publisher.published()},
            {"records_dropped", parts_.publisher.dropped()}};
  }

  void fail(const char* why) {
    if (alive_) parts_.log.error(std::string(why) + ": this process must start again");
    alive_ = false;
  }

  const ProbeParts& parts_;
  Neighbourhood neighbourhood_;
  leases::LeaseBook lease_book_;
  BindingTable bindings_;
  RouteFeed route_;
  ConntrackFeed conntrack_;
  std::array<pollfd, 6> polled_{};
  bool alive_ = true;
  bool following_ = false;
  bool more_hints_ = false;
  uint64_t hints_malformed_ = 0;
  uint64_t evicted_told_ = 0;
  Timestamp status_time_;
  SteadyTime next_heartbeat_;
};

}  // namespace

int run_loop(const ProbeParts& parts, NetlinkSocket conntrack, NetlinkSocket route, Requester requester) {
  return Loop(parts, std::move(conntrack), std::move(route), std::move(requester)).run();
}

}  // namespace gatewitness::kernel
