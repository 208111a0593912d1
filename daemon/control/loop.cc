// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/loop.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "daemon/control/answer.h"
#include "daemon/control/metrics_file.h"
#include "probes/process/clock.h"
#include "probes/process/memory.h"
#include "probes/wire/codec.h"

namespace gatewitness::control {
namespace {

using Bytes = std::vector<uint8_t>;
using Parts = GuardLink::Parts;

// So many records share one transaction; more wait in libzmq's queue and then in the probes'.
constexpr std::size_t kRecordsPerTurn = 256;
constexpr std::size_t kRequestsPerTurn = 16;
constexpr std::chrono::milliseconds kLongestSleep{10'000};
// What was made for an answer of this size is given back: a table of a thousand devices takes 12 MB in the
// making.
constexpr std::size_t kLargeAnswer = std::size_t{256} << 10;
// While the guard is looked for: libzmq connects in its own time.
constexpr std::chrono::milliseconds kGuardSleep{50};

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class Loop {
 public:
  Loop(Witness& witness, Sockets& sockets, process::SignalQueue& signals,
       const config::MetricsConfig& metrics, const process::Log& log)
      : witness_(witness),
        sockets_(sockets),
        signals_(signals),
        log_(log),
        metrics_(metrics.textfile, metrics.interval),
        macs_(metrics.macs) {}

  void run() {
    bool stopping = false;
    while (!stopping) {
      wait();
      stopping = signals_.take().has_value();
      turn(process::wall_clock_now());
    }
    while (sockets_.records.readable()) turn(process::wall_clock_now());
    witness_.finish(process::wall_clock_now());
    tell_log();
  }

 private:
  void wait() {
    // libzmq's descriptors report edges only: ask before sleeping.
    auto& guard = sockets_.guard;
    const bool busy = sockets_.records.readable() || sockets_.requests.readable() ||
                      (guard && guard->waiting() && guard->readable());
    (void)sockets_.events.writable();
    pollfd watched[] = {{sockets_.records.fd(), POLLIN, 0},
                        {sockets_.requests.fd(), POLLIN, 0},
                        {sockets_.events.fd(), POLLIN, 0},
                        {signals_.fd(), POLLIN, 0},
                        {guard ? guard->fd() : -1, POLLIN, 0}};
    const auto longest = guard && guard->waiting() ? kGuardSleep : kLongestSleep;
    const int timeout = busy ? 0
                             : process::poll_timeout_ms(process::wall_clock_now(), witness_.next_deadline(),
                                                        metrics_.deadline(), longest);
    (void)::poll(watched, std::size(watched), timeout);
  }

  void turn(Timestamp now) {
    take_records(now);
    witness_.tick(now);
    for (const auto& line : witness_.take_events()) publish(line);
    answer_requests(now);
    serve_guard(now);
    for (const auto& line : witness_.take_events()) publish(line);  // what the guard did
    if (metrics_.due(now))
      if (const auto fault = metrics_.write(witness_.metrics(macs_, now), now)) log_.warning(*fault);
    tell_log();
  }

  void take_records(Timestamp now) {
    std::vector<Bytes> messages;
    while (messages.size() < kRecordsPerTurn) {
      auto message = sockets_.records.receive();
      if (!message) break;
      messages.push_back(std::move(*message));
    }
    if (messages.empty()) return;
    for (const auto& line : witness_.receive(messages, now)) publish(line);
  }

  // REQ's envelope: the peer's id, an empty part, the request. What else comes is not answered.
  void answer_requests(Timestamp now) {
    const std::size_t largest = answer_some(now);
    if (largest > kLargeAnswer) process::give_back_memory();
  }

  // Gives the size of the largest answer.
  std::size_t answer_some(Timestamp now) {
    std::size_t largest = 0;
    for (std::size_t i = 0; i < kRequestsPerTurn; ++i) {
      auto parts = sockets_.requests.receive_parts();
      if (!parts) break;
      // Two parts before the body for a plain REQ, three for a correlated one (ZMQ_REQ_CORRELATE).
      const std::size_t body = parts->size() - 1;
      if (parts->size() < 3 || !(*parts)[body - 1].empty()) continue;
      if (auto heard = witness_.hear_for_guard((*parts)[body])) {
        pass_on(std::move(*heard), std::move(*parts));
        continue;
      }
      const std::string text = witness_.answer((*parts)[body], now);
      largest = std::max(largest, text.size());
      answer(std::move(*parts), text);
    }
    return largest;
  }

  // parts: as they came, the request last.
  void answer(Parts parts, const std::string& text) {
    parts.back().assign(text.begin(), text.end());
    (void)sockets_.requests.send_parts(parts);  // who has gone gets no answer
  }

  // What is for the guard: the answer comes when it comes, and the loop goes on.
  void pass_on(GuardDesk::Heard heard, Parts caller) {
    if (const auto* text = std::get_if<std::string>(&heard)) return answer(std::move(caller), *text);
    const auto now = GuardLink::Clock::now();
    auto& errand = std::get<GuardDesk::Errand>(heard);
    if (sockets_.guard && sockets_.guard->ask(std::move(errand), caller, now)) return;
    answer(std::move(caller), as_line(refusal("too much is asked of the guard at once")));
  }

  void serve_guard(Timestamp now) {
    if (!sockets_.guard) return;
    const auto steady = GuardLink::Clock::now();
    for (auto& request : witness_.take_guard_requests(now))
      (void)sockets_.guard->ask({std::move(request), {}}, {}, steady);
    for (auto& done : sockets_.guard->turn(steady)) {
      const std::string text = witness_.learn_from_guard(done.errand, done.reply, now);
      if (!done.caller.empty()) answer(std::move(done.caller), text);
    }
  }

  void publish(const std::string& line) { (void)sockets_.events.send(as_bytes(line)); }

  void tell_log() {
    for (const auto& notice : witness_.take_notices()) log_.warning(notice);
  }

  Witness& witness_;
  Sockets& sockets_;
  process::SignalQueue& signals_;
  const process::Log& log_;
  MetricsFile metrics_;
  bool macs_;
};

std::expected<process::ZmqSocket, std::string> bound(process::ZmqContext& context, process::ZmqKind kind,
                                                     const process::ZmqLimits& limits,
                                                     const std::string& path) {
  auto socket = process::ZmqSocket::create(context, kind, limits);
  if (!socket) return socket;
  if (auto done = socket->bind("ipc://" + path); !done) return std::unexpected(done.error());
  return socket;
}

}  // namespace

std::expected<Sockets, std::string> bind_sockets(process::ZmqContext& context, const std::string& run_dir,
                                                 bool guard) {
  using process::ZmqKind;
  auto records = bound(context, ZmqKind::kPull, {.max_message = wire::kMaxMessage, .receive_queue = 1000},
                       run_dir + "/records.sock");
  if (!records) return std::unexpected(records.error());
  auto requests =
      bound(context, ZmqKind::kRouter, {.max_message = kMaxRequest, .send_queue = 4, .receive_queue = 16},
            run_dir + "/control.sock");
  if (!requests) return std::unexpected(requests.error());
  auto events =
      bound(context, ZmqKind::kPub, {.max_message = 64, .send_queue = 1000}, run_dir + "/events.sock");
  if (!events) return std::unexpected(events.error());
  // The stream is for whoever is in the group (daemon/control/EVENTS.md); whoever may ask and command is not.
  const std::string path = run_dir + "/events.sock";
  if (::chmod(path.c_str(), 0660) != 0) return std::unexpected(path + ": " + std::strerror(errno));
  Sockets sockets{std::move(*records), std::move(*requests), std::move(*events), std::nullopt};
  if (!guard) return sockets;
  auto link = GuardLink::connect(context, run_dir);
  if (!link) return std::unexpected(link.error());
  sockets.guard = std::move(*link);
  return sockets;
}

void run_loop(Witness& witness, Sockets& sockets, process::SignalQueue& signals,
              const config::MetricsConfig& metrics, const process::Log& log) {
  Loop(witness, sockets, signals, metrics, log).run();
}

}  // namespace gatewitness::control
