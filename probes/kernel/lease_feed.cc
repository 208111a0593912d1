// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/lease_feed.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "probes/leases/lease_file.h"

namespace gatewitness::kernel {
namespace {

// A file is written in place (dnsmasq) or replaced (odhcpd). Of the folder only what concerns names: /tmp is
// busy.
constexpr uint32_t kOfFile = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr uint32_t kOfFolder = IN_MOVED_TO | IN_CREATE | IN_ONLYDIR;
constexpr int kReadsPerTurn = 16;

}  // namespace

std::vector<std::string> LeaseSources::readable() const {
  std::vector<std::string> out;
  for (const auto& path : leases) {
    std::string folder = WatchedFile(path).folder();
    if (std::ranges::find(out, folder) == out.end()) out.push_back(std::move(folder));
  }
  if (!ethers.empty()) out.push_back(ethers);
  return out;
}

LeaseFeed::LeaseFeed(const LeaseSources& sources, const process::Log& log)
    : log_(log), inotify_(sources.empty() ? -1 : ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  for (const auto& path : sources.leases) sources_.push_back({WatchedFile(path), false, false});
  if (!sources.ethers.empty()) sources_.push_back({WatchedFile(sources.ethers), true, false});
  for (const auto& source : sources_) watch(source);
  if (sources_.empty()) next_look_ = SteadyTime::max();
}

// Asking again for what is watched changes nothing; for a file that took another's place it is needed.
void LeaseFeed::watch(const Source& source) {
  if (!inotify_.is_open()) return;
  (void)::inotify_add_watch(inotify_.get(), source.file.path().c_str(), kOfFile);
  // The names that come and go in /etc are many and none of ours.
  if (!source.is_ethers) (void)::inotify_add_watch(inotify_.get(), source.file.folder().c_str(), kOfFolder);
}

// Which of them changed is seen when they are looked at.
void LeaseFeed::read_events(SteadyTime steady) {
  alignas(inotify_event) std::array<char, 4096> events{};
  bool any = false;
  for (int i = 0; i<kReadsPerTurn&& ::read(inotify_.get(), events.data(), events.size())> 0; ++i) any = true;
  if (any) next_look_ = std::min(next_look_, steady + kSettle);
}

void LeaseFeed::tick(leases::LeaseBook& book, Timestamp now, SteadyTime steady) {
  book.tick(now);
  if (steady < next_look_) return;
  for (std::size_t number = 0; number < sources_.size(); ++number) look(number, book, now);
  next_look_ = steady + kLook;
}

void LeaseFeed::look(std::size_t number, leases::LeaseBook& book, Timestamp now) {
  Source& source = sources_[number];
  // Before it is read: what changes after this makes an event.
  watch(source);
  switch (source.file.read(leases::kMaxFileBytes, now)) {
    case WatchedFile::Found::kNews:
      ++counters_.reads;
      source.complained = false;
      counters_.cut += source.file.too_large() ? 1 : 0;
      take(number, book, now);
      source.file.forget_text();
      break;
    case WatchedFile::Found::kRefused:
      refuse(source);
      break;
    case WatchedFile::Found::kSame:
    case WatchedFile::Found::kNothing:
      break;
  }
}

void LeaseFeed::take(std::size_t number, leases::LeaseBook& book, Timestamp now) {
  const std::string& text = sources_[number].file.text();
  if (sources_[number].is_ethers) {
    auto found = leases::read_ethers(text);
    counters_.bad_lines += found.bad_lines;
    counters_.cut += found.refused;
    return book.take(std::move(found.names), now);
  }
  auto found = leases::read_leases(text);
  counters_.bad_lines += found.bad_lines;
  counters_.unplaced += found.unplaced;
  counters_.cut += found.refused;
  book.take(number, std::move(found.leases), now);
}

void LeaseFeed::refuse(Source& source) {
  ++counters_.refused;
  if (std::exchange(source.complained, true)) return;
  log_.warning("does not read " + source.file.path() +
               ": it must be a plain file of root or of a service, which everybody may read" +
               (source.is_ethers ? "; one that took its place is read at the next start" : ""));
}

}  // namespace gatewitness::kernel
