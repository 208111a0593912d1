// SPDX-License-Identifier: Apache-2.0
//
// A progress bar on standard error, for people only: nothing where that is no terminal, and nothing before a
// second has gone by.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatewitness::replay {

// One line of at most 79 columns. total 0: not known, then the bytes alone are told.
std::string progress_line(const std::string& name, uint64_t done, uint64_t total, uint64_t records);

class ProgressBar {
 public:
  explicit ProgressBar(bool wanted);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const std::string& name, uint64_t done, uint64_t total, uint64_t records);
  // Takes it off the terminal, before something else is printed.
  void clear();

 private:
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace gatewitness::replay
