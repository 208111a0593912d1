// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/probe_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "probes/process/clock.h"
#include "probes/wire/text.h"

namespace gatewitness::capture {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kCheckInterval{1000};
constexpr int kExitKindChanged = 3;

wire::ProbeStatus status_of(const ProbeParts& parts, std::vector<wire::InterfaceStatus> interfaces,
                            bool stopping) {
  wire::ProbeStatus status{.pid = static_cast<uint64_t>(::getpid()),
                           .stopping = stopping,
                           .sandboxed = parts.sandboxed,
                           .note = parts.note,
                           .interfaces = std::move(interfaces),
                           .counters = parts.dissector.counters()};
  const auto own = parts.outlet.counters();
  status.counters.insert(status.counters.end(), own.begin(), own.end());
  return status;
}

// The live interfaces, and what has been said about each.
class LiveLoop {
 public:
  LiveLoop(const ProbeParts& parts, std::vector<LiveSource> sources) : parts_(parts) {
    for (auto& source : sources) watched_.push_back({std::move(source), {}, {}, 0});
  }

  int run() {
    start(process::wall_clock_now());
    while (!exit_ && !parts_.signals.take()) turn();
    const Timestamp now = process::wall_clock_now();
    check_all(now);
    report_dark(now);
    parts_.dissector.finish(now);
    publish_status(now, true);
    return exit_.value_or(0);
  }

 private:
  struct Watched {
    LiveSource source;
    std::optional<Timestamp> dark_since;  // down, and told up to this moment
    Timestamp counted_at;
    uint64_t dropped = 0;
  };

  void start(Timestamp now) {
    for (auto& watched : watched_) {
      const std::string& name = watched.source.interface();
      parts_.outlet.publish(now, wire::CaptureGap{name, now, now, wire::GapReason::kProbeStart, 0});
      watched.counted_at = now;
      if (watched.source.up()) continue;
      watched.dark_since = now;
      parts_.log.warning(name + " is down: nothing can be seen there until it comes up");
    }
    publish_status(now, false);
  }

  void turn() {
    wait();
    const Timestamp now = process::wall_clock_now();
    bool drained = true;
    bool trouble = false;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      trouble = trouble || (polled_[i].revents & POLLERR) != 0;
      if (polled_[i].revents != 0) drained = watched_[i].source.drain(batch_, frame_handler_) && drained;
    }
    // While older frames wait, the dissector's time must not run ahead of them.
    if (drained) parts_.dissector.tick(now);
    const auto steady = SteadyClock::now();
    if (trouble || steady >= next_check_) {
      check_all(now);
      next_check_ = steady + kCheckInterval;
    }
    if (steady < next_heartbeat_) return;
    report_dark(now);
    publish_status(now, false);
  }

  void wait() {
    polled_.clear();
    for (const auto& watched : watched_) polled_.push_back({watched.source.fd(), POLLIN, 0});
    polled_.push_back({parts_.signals.fd(), POLLIN, 0});
    const auto until_check = std::chrono::ceil<std::chrono::milliseconds>(next_check_ - SteadyClock::now());
    const auto longest = std::clamp(until_check, std::chrono::milliseconds(0), kCheckInterval);
    const int timeout = process::poll_timeout_ms(process::wall_clock_now(), parts_.dissector.next_deadline(),
                                                 std::nullopt, longest);
    ::poll(polled_.data(), polled_.size(), timeout);
  }

  void check_all(Timestamp now) {
    bool changed = false;
    for (auto& watched : watched_) {
      changed = check(watched, now) || changed;
      count(watched, now);
    }
    if (changed) publish_status(now, false);
  }

  bool check(Watched& watched, Timestamp now) {
    const std::string& name = watched.source.interface();
    switch (watched.source.check()) {
      case LiveSource::Change::kNone:
        return false;
      case LiveSource::Change::kWentDown:
        parts_.log.warning(name + " is down or gone: nothing can be seen there until it comes back");
        watched.dark_since = now;
        return true;
      case LiveSource::Change::kCameBack:
        parts_.log.info(name + " is back");
        report_dark(watched, now);
        watched.dark_since.reset();
        return true;
      case LiveSource::Change::kOtherKind:
        parts_.log.error(name + " came back as another kind of link: this process must start again");
        exit_ = kExitKindChanged;
        return false;
    }
    return false;
  }

  // Drops since the last look; when exactly they happened the kernel does not say.
  void count(Watched& watched, Timestamp now) {
    const auto status = watched.source.status();
    if (status.dropped > watched.dropped) {
      const uint64_t lost = status.dropped - watched.dropped;
      parts_.outlet.publish(
          now, wire::CaptureGap{status.name, watched.counted_at, now, wire::GapReason::kKernelDrop, lost});
    }
    watched.dropped = status.dropped;
    watched.counted_at = now;
  }

  // An interface that is down is a gap that grows: told up to now at each heartbeat.
  void report_dark(Watched& watched, Timestamp now) {
    const Timestamp from = watched.dark_since.value_or(now);
    parts_.outlet.publish(
        now, wire::CaptureGap{watched.source.interface(), from, now, wire::GapReason::kInterfaceDown, 0});
    watched.dark_since = now;
  }
  void report_dark(Timestamp now) {
    for (auto& watched : watched_)
      if (watched.dark_since) report_dark(watched, now);
  }

  void publish_status(Timestamp now, bool stopping) {
    std::vector<wire::InterfaceStatus> interfaces;
    interfaces.reserve(watched_.size());
    for (auto& watched : watched_) interfaces.push_back(watched.source.status());
    parts_.outlet.publish(now, status_of(parts_, std::move(interfaces), stopping));
    next_heartbeat_ = SteadyClock::now() + parts_.options.heartbeat;
  }

  const ProbeParts& parts_;
  std::vector<Watched> watched_;
  FrameBatch batch_;
  LiveSource::FrameHandler frame_handler_ = [this](const CapturedFrame& frame) {
    parts_.dissector.frame(frame.interface, frame.link, frame.time, frame.bytes, frame.original_length);
  };
  std::vector<pollfd> polled_;
  SteadyClock::time_point next_check_ = SteadyClock::now() + kCheckInterval;
  SteadyClock::time_point next_heartbeat_;
  std::optional<int> exit_;
};

// False: a signal asked to stop.
bool replay(const ProbeParts& parts, FileSource& source, bool& started) {
  constexpr uint64_t kRecordsBetweenSignals = 4096;
  while (source.state() == FileState::kReading) {
    if (parts.signals.take()) return false;
    for (uint64_t i = 0; i < kRecordsBetweenSignals; ++i) {
      const auto frame = source.next(kRecordsBetweenSignals);
      if (!frame) break;
      if (!started) parts.outlet.publish(frame->time, status_of(parts, {}, false));
      started = true;
      parts.dissector.tick(frame->time);
      parts.dissector.frame(frame->interface, frame->link, frame->time, frame->bytes, frame->original_length);
    }
  }
  return true;
}

}  // namespace

int run_live(const ProbeParts& parts, std::vector<LiveSource> sources) {
  return LiveLoop(parts, std::move(sources)).run();
}

int run_files(const ProbeParts& parts, std::vector<FileSource> sources) {
  bool started = false;
  int status = 0;
  Timestamp newest{};
  for (auto& source : sources) {
    const bool to_its_end = replay(parts, source, started);
    const auto progress = source.progress();
    newest = std::max(newest, progress.newest);
    if (source.state() == FileState::kDamaged) status = 1;
    if (!source.state_text().empty())
      parts.log.warning(printable(source.path(), 512) + ": " + source.state_text());
    if (!to_its_end) break;
  }
  parts.dissector.finish(newest);
  parts.outlet.publish(newest, status_of(parts, {}, true));
  return status;
}

}  // namespace gatewitness::capture
