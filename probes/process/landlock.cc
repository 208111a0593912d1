// SPDX-License-Identifier: Apache-2.0
#include "probes/process/landlock.h"

#if __has_include(<linux/landlock.h>)
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "probes/process/file_descriptor.h"
#endif

namespace gatewitness::process {

#if defined(SYS_landlock_create_ruleset) && __has_include(<linux/landlock.h>)
namespace {

// Of the first version, all but making and removing sockets, which libzmq does with its own.
constexpr uint64_t kForbidden =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

std::string fault(const char* what) {
  return std::string("Landlock: ") + what + ": " + std::strerror(errno);
}

std::expected<void, std::string> allow(int ruleset, const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file.is_open()) return {};
  landlock_path_beneath_attr rule{};
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
  rule.parent_fd = file.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
  return std::unexpected(fault(path.c_str()));
}

}  // namespace

std::expected<bool, std::string> allow_reading_only(std::span<const std::string> paths) {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kForbidden;
  const FileDescriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  if (!ruleset.is_open()) {
    // EPERM: whoever runs us does not know the call.
    if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM) return false;
    return std::unexpected(fault("no ruleset"));
  }
  for (const auto& path : paths)
    if (auto allowed = allow(ruleset.get(), path); !allowed) return std::unexpected(allowed.error());
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return std::unexpected(fault("no_new_privs"));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return std::unexpected(fault("restrict"));
  return true;
}
#else
std::expected<bool, std::string> allow_reading_only(std::span<const std::string> /*paths*/) {
  return false;
}
#endif

}  // namespace gatewitness::process
