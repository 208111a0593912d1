// SPDX-License-Identifier: Apache-2.0
//
// The quarantines in daemon.state_dir: replaced as a whole, with mode 0600, so that a power cut leaves the
// old or the new. Owned by the guard's loop.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "probes/process/file_descriptor.h"

namespace gatewitness::guard {

class StateFile {
 public:
  // Locks it against a second guard, for as long as this object lives.
  static std::expected<StateFile, std::string> open(const std::string& folder);

  // "" if there is none.
  std::expected<std::string, std::string> read(std::size_t most_bytes) const;
  std::expected<void, std::string> write(std::string_view text) const;
  // Puts one that cannot be read out of the way, where somebody may look at it.
  void set_aside() const;
  // Nothing of it stays, neither the lock's file.
  std::expected<void, std::string> remove() const;

  const std::string& path() const { return path_; }

 private:
  StateFile(std::string folder, process::FileDescriptor lock);

  std::string folder_;
  std::string path_;
  process::FileDescriptor lock_;
};

}  // namespace gatewitness::guard
