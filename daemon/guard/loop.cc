// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard/loop.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <iterator>

#include "probes/process/clock.h"

namespace gatewitness::guard {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRequestsPerTurn = 16;
// Others may change their own tables very often; ours is looked at this often at most.
constexpr Duration kLookPause = 50ms;
// Also without a word of the kernel: it drops what we are too slow for.
constexpr std::chrono::milliseconds kLookAnyway{10'000};
constexpr std::chrono::milliseconds kIdle{60'000};
constexpr Duration kJump = 2s;

Timestamp steady_now() {
  return Timestamp(std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

class Loop {
 public:
  Loop(Keeper& keeper, Sockets& sockets, process::SignalQueue& signals, const process::Log& log)
      : keeper_(keeper), sockets_(sockets), signals_(signals), log_(log) {}

  void run() {
    offset_ = process::wall_clock_now() - steady_now();
    while (true) {
      wait();
      if (signals_.take()) return;
      turn(process::wall_clock_now(), steady_now());
    }
  }

 private:
  void wait() {
    const bool busy = sockets_.requests.readable() || sockets_.refusals.readable();
    const bool any = !keeper_.book().all().empty();
    pollfd watched[] = {{sockets_.requests.fd(), POLLIN, 0},
                        {sockets_.refusals.fd(), POLLIN, 0},
                        {signals_.fd(), POLLIN, 0},
                        // While a look is put off its news would keep us awake.
                        {look_ ? -1 : keeper_.firewall().fd(), POLLIN, 0}};
    std::chrono::milliseconds longest = any ? kLookAnyway : kIdle;
    if (look_) longest = std::chrono::ceil<std::chrono::milliseconds>(kLookPause);
    const int timeout = busy ? 0
                             : process::poll_timeout_ms(process::wall_clock_now(), keeper_.book().next_end(),
                                                        std::nullopt, longest);
    (void)::poll(watched, std::size(watched), timeout);
  }

  void turn(Timestamp now, Timestamp steady) {
    keeper_.tick(now, jumped(now, steady));
    look_ |= keeper_.firewall().take_changes() || steady - looked_ >= kLookAnyway;
    if (look_ && steady - looked_ >= kLookPause) {
      look_ = false;
      looked_ = steady;
      keeper_.look(now);
    }
    count_refusals();
    answer(now);
  }

  bool jumped(Timestamp now, Timestamp steady) {
    const Duration offset = now - steady, moved = offset - offset_;
    if (moved < kJump && -moved < kJump) return false;
    offset_ = offset;
    return true;
  }

  void count_refusals() {
    while (sockets_.refusals.receive_parts()) {
      if (refused_ == 0) log_.warning("a process of another user tried to connect, and was refused");
      ++refused_;
    }
  }

  void answer(Timestamp now) {
    for (std::size_t i = 0; i < kRequestsPerTurn; ++i) {
      auto parts = sockets_.requests.receive_parts();
      if (!parts) return;
      // REQ's envelope: the peer's id, the correlation's, an empty part, the request.
      const std::size_t body = parts->size() - 1;
      if (parts->size() < 3 || !(*parts)[body - 1].empty()) {
        ++malformed_;
        continue;
      }
      const std::string text = to_text(reply_to((*parts)[body], now));
      (*parts)[body].assign(text.begin(), text.end());
      (void)sockets_.requests.send_parts(*parts);  // who has gone gets no answer
    }
  }

  std::expected<quarantine::Reply, std::string> reply_to(const std::vector<uint8_t>& bytes, Timestamp now) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto request = quarantine::parse_request(text);
    if (!request) {
      ++malformed_;
      return std::unexpected(request.error());
    }
    auto reply = keeper_.obey(*request, now);
    if (reply) reply->counters = {refused_, malformed_, keeper_.restored()};
    return reply;
  }

  Keeper& keeper_;
  Sockets& sockets_;
  process::SignalQueue& signals_;
  const process::Log& log_;
  Duration offset_{};  // of the wall clock to the steady one
  bool look_ = false;
  Timestamp looked_;  // on the steady clock
  uint64_t refused_ = 0;
  uint64_t malformed_ = 0;
};

}  // namespace

std::expected<Sockets, std::string> bind_sockets(process::ZmqContext& context, const std::string& run_dir) {
  auto requests =
      process::ZmqSocket::create(context, process::ZmqKind::kRouter,
                                 {.max_message = quarantine::kMaxLine, .send_queue = 4, .receive_queue = 16});
  if (!requests) return std::unexpected(requests.error());
  if (auto only = requests->accept_only(::geteuid()); !only) return std::unexpected(only.error());
  auto refusals = requests->watch_refusals(context);
  if (!refusals) return std::unexpected(refusals.error());
  if (auto bound = requests->bind("ipc://" + run_dir + "/guard.sock"); !bound)
    return std::unexpected(bound.error());
  return Sockets{std::move(*requests), std::move(*refusals)};
}

void run_loop(Keeper& keeper, Sockets& sockets, process::SignalQueue& signals, const process::Log& log) {
  Loop(keeper, sockets, signals, log).run();
}

}  // namespace gatewitness::guard
