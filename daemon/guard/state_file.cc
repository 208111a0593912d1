// SPDX-License-Identifier: Apache-2.0
#include "daemon/guard/state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace gatewitness::guard {
namespace {

using process::FileDescriptor;

std::unexpected<std::string> fault(const std::string& path) {
  return std::unexpected(path + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

StateFile::StateFile(std::string folder, FileDescriptor lock)
    : folder_(std::move(folder)), path_(folder_ + "/guard.state"), lock_(std::move(lock)) {}

std::expected<StateFile, std::string> StateFile::open(const std::string& folder) {
  const std::string name = folder + "/guard.lock";
  FileDescriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock.is_open()) return fault(name);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return StateFile(folder, std::move(lock));
  if (errno == EWOULDBLOCK)
    return std::unexpected("folder " + folder + ": another gatewitness-guard runs; stop it first");
  return fault(name);
}

std::expected<std::string, std::string> StateFile::read(std::size_t most_bytes) const {
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return "";
  if (!file.is_open()) return fault(path_);
  std::string text(most_bytes + 1, '\0');  // one more, so that it can be told that it is too long
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fault(path_);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::expected<void, std::string> StateFile::write(std::string_view text) const {
  const std::string fresh = path_ + ".new";
  ::unlink(fresh.c_str());  // of a write that was cut short
  FileDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return fault(fresh);
  if (!write_all(file.get(), text) || ::fsync(file.get()) != 0) return fault(fresh);
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return fault(path_);
  const FileDescriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return fault(folder_);
  return {};
}

void StateFile::set_aside() const {
  (void)::rename(path_.c_str(), (path_ + ".broken").c_str());
}

std::expected<void, std::string> StateFile::remove() const {
  for (const std::string& name : {path_, path_ + ".new", path_ + ".broken", folder_ + "/guard.lock"})
    if (::unlink(name.c_str()) != 0 && errno != ENOENT) return fault(name);
  return {};
}

}  // namespace gatewitness::guard
