// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/folders.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace gatewitness::control {
namespace {

std::unexpected<std::string> fault(const std::string& path, const std::string& what) {
  return std::unexpected("folder " + path + ": " + what);
}

}  // namespace

std::expected<void, std::string> make_folder(const std::string& path,
                                             const std::optional<process::User>& user) {
  std::error_code error;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, error);
  if (error) return fault(path, error.message());
  const bool made = ::mkdir(path.c_str(), 0750) == 0;
  if (!made && errno != EEXIST) return fault(path, std::strerror(errno));

  // From here on by descriptor: what the name leads to may change.
  const process::FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) return fault(path, std::strerror(errno));
  const uid_t owner = user ? user->uid : ::geteuid();
  if (made && user && ::fchown(folder.get(), user->uid, user->gid) != 0)
    return fault(path, std::strerror(errno));
  if (made && ::fchmod(folder.get(), 0750) != 0) return fault(path, std::strerror(errno));
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) return fault(path, std::strerror(errno));
  if (status.st_uid != owner)
    return fault(path, "belongs to another user (id " + std::to_string(status.st_uid) + ", not " +
                           std::to_string(owner) + "); remove it, chown it, or name another folder");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fault(path, "others may write to it; chmod it to 0750");
  return {};
}

std::expected<process::FileDescriptor, std::string> lock_folder(const std::string& path) {
  const std::string name = path + "/lock";
  process::FileDescriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!lock.is_open()) return std::unexpected(name + ": " + std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return fault(path, "another gatewitnessd uses it");
  return std::unexpected(name + ": " + std::strerror(errno));
}

}  // namespace gatewitness::control
