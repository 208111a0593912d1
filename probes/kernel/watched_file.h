// SPDX-License-Identifier: Apache-2.0
//
// A small file that others rewrite or replace, read whole when it changed. Opens it anew each time, for what
// a rename put in its place is another file. Owned by the lease feed.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "probes/wire/time.h"

namespace gatewitness::kernel {

class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  enum class Found : uint8_t {
    kSame,     // as it was when last read
    kNews,     // text holds it
    kNothing,  // not there
    kRefused,  // there, but not to be read, or not to be believed: no plain file, or anybody could have put
               // it there
  };
  // At most most bytes of it; too_large: there were more. now: of a file written a moment ago it cannot be
  // told whether it has changed since, so that one is news once more.
  Found read(std::size_t most, Timestamp now);

  const std::string& path() const { return path_; }
  std::string folder() const;
  const std::string& text() const { return text_; }
  void forget_text() { text_ = {}; }
  bool too_large() const { return too_large_; }

 private:
  // What changes when a file does; 0 at first, which no file has.
  struct Mark {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t changed_ns = 0;
    bool operator==(const Mark&) const = default;
  };
  static Mark mark_of(const struct stat& status);
  bool fill(int fd, std::size_t most);

  std::string path_;
  std::string text_;
  Mark mark_;
  bool too_large_ = false;
};

}  // namespace gatewitness::kernel
