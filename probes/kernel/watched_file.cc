// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/watched_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "probes/process/file_descriptor.h"

namespace gatewitness::kernel {
namespace {

// Accounts of services have lower numbers than those of people, on Debian and on OpenWrt.
constexpr uid_t kFirstPerson = 1000;
// Coarser than any file system's clock.
constexpr std::chrono::seconds kMoment{2};

// In /tmp anybody may make a file of that name where no DHCP server does.
bool is_believed(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid < kFirstPerson;
}

bool is_fresh(const struct stat& status, Timestamp now) {
  return std::chrono::seconds(status.st_mtim.tv_sec) + kMoment >= now.time_since_epoch();
}

}  // namespace

std::string WatchedFile::folder() const {
  const std::size_t slash = path_.rfind('/');
  return slash == 0 || slash == path_.npos ? "/" : path_.substr(0, slash);
}

WatchedFile::Mark WatchedFile::mark_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size,
          int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

WatchedFile::Found WatchedFile::read(std::size_t most, Timestamp now) {
  // O_NONBLOCK: a pipe in its place must not hold up the loop.
  const process::FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.is_open()) {
    mark_ = {};
    return errno == ENOENT || errno == ENOTDIR ? Found::kNothing : Found::kRefused;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !is_believed(status)) return Found::kRefused;
  const Mark mark = mark_of(status);
  if (mark == mark_) return Found::kSame;
  if (!fill(file.get(), most)) return Found::kRefused;
  mark_ = is_fresh(status, now) ? Mark{} : mark;
  return Found::kNews;
}

bool WatchedFile::fill(int fd, std::size_t most) {
  text_.clear();
  std::array<char, 16384> part{};
  while (text_.size() <= most) {
    const ssize_t count = ::read(fd, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    text_.append(part.data(), static_cast<std::size_t>(count));
  }
  too_large_ = text_.size() > most;
  // A line that is cut would say something else.
  if (too_large_) text_.resize(std::min(text_.rfind('\n', most - 1) + 1, most));
  return true;
}

}  // namespace gatewitness::kernel
