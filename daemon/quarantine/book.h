// SPDX-License-Identifier: Apache-2.0
//
// The quarantines that stand, each until its end. PURE: time is passed in, wall-clock time, because a
// quarantine outlives a restart. Owned by the guard's loop; a copy is cheap and is how a change is taken
// back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/quarantine/request.h"

namespace gatewitness::quarantine {

class Book {
 public:
  // most: quarantines at once, at most kMaxQuarantines.
  explicit Book(std::size_t most = kMaxQuarantines) : most_(std::min(most, kMaxQuarantines)) {}

  // Does what is asked. True: something is other than before. The error is one line for the owner.
  std::expected<bool, std::string> obey(const Request& request, Timestamp now);
  // Ends those whose time has come. One that would last longer than it was made for (the clock was set back,
  // or a router without one has just started) is cut to that. True: something changed.
  bool expire(Timestamp now);
  std::optional<Timestamp> next_end() const;

  const std::vector<Quarantine>& all() const { return quarantines_; }  // by target
  const Quarantine* find(const Target& target) const;

  // The state file: a line that names its version, then a line each. The error names the line.
  std::string save() const;
  static std::expected<Book, std::string> restore(std::string_view text, std::size_t most);

  static constexpr std::size_t kMaxStateBytes = (kMaxQuarantines + 1) * kMaxLine;

 private:
  std::expected<bool, std::string> make(const Block& block, Timestamp now);
  Quarantine* find_mine(const Target& target);

  std::size_t most_;
  std::vector<Quarantine> quarantines_;
};

}  // namespace gatewitness::quarantine
