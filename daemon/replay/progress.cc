// SPDX-License-Identifier: Apache-2.0
#include "daemon/replay/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "daemon/cli/layout.h"
#include "probes/wire/text.h"

namespace gatewitness::replay {
namespace {

using cli::thousands;

constexpr std::chrono::seconds kGrace{1};
constexpr std::chrono::milliseconds kBetween{200};
constexpr uint64_t kBarColumns = 20;

}  // namespace

std::string progress_line(const std::string& name, uint64_t done, uint64_t total, uint64_t records) {
  const std::string shown = printable(name.substr(name.find_last_of('/') + 1), 24);
  const std::string counted = thousands(records) + " frames";
  if (total == 0) return shown + "  " + thousands(done >> 20) + " MiB  " + counted;
  const uint64_t known = std::min(done, total);
  const auto filled = static_cast<std::size_t>(static_cast<double>(known) / static_cast<double>(total) *
                                               static_cast<double>(kBarColumns));
  const auto percent = static_cast<uint64_t>(static_cast<double>(known) / static_cast<double>(total) * 100.0);
  return shown + "  [" + std::string(filled, '#') + std::string(kBarColumns - filled, '.') + "] " +
         std::to_string(percent) + " %  " + counted;
}

ProgressBar::ProgressBar(bool wanted)
    : enabled_(wanted && ::isatty(STDERR_FILENO) != 0), next_(std::chrono::steady_clock::now() + kGrace) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::show(const std::string& name, uint64_t done, uint64_t total, uint64_t records) {
  if (!enabled_ || std::chrono::steady_clock::now() < next_) return;
  std::fprintf(stderr, "\r%s\033[K", progress_line(name, done, total, records).c_str());
  drawn_ = true;
  next_ = std::chrono::steady_clock::now() + kBetween;
}

void ProgressBar::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace gatewitness::replay
