// SPDX-License-Identifier: Apache-2.0
#include "probes/process/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "probes/process/sandbox.h"

namespace gatewitness::process {
namespace {

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected("cannot drop rights: " + std::string(what) + ": " + std::strerror(errno));
}

// Needs CAP_SETPCAP; without it, no_new_privs does the same: nothing can be gained by exec.
std::expected<void, std::string> empty_bounding_set() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) return failed("bounding set");
  return {};
}

std::expected<void, std::string> become(const User& user) {
  if (setgroups(0, nullptr) != 0) return failed("supplementary groups");
  if (setresgid(user.gid, user.gid, user.gid) != 0) return failed("group of " + user.name);
  if (setresuid(user.uid, user.uid, user.uid) != 0) return failed("user " + user.name);
  return {};
}

// The raw call: libcap would be a whole library for two words.
using CapabilityData = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;
__user_cap_header_struct capability_header() {
  return {_LINUX_CAPABILITY_VERSION_3, 0};
}

CapabilityData only(std::optional<int> capability) {
  CapabilityData wanted{};
  if (!capability) return wanted;
  auto& word = wanted[static_cast<std::size_t>(CAP_TO_INDEX(*capability))];
  word.permitted = word.effective = CAP_TO_MASK(static_cast<unsigned>(*capability));
  return wanted;
}

std::expected<void, std::string> empty_capabilities(std::optional<int> but) {
  // Kernels before 4.3 have no ambient set, and so nothing in it.
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
    return failed("ambient set");
  auto header = capability_header();
  const CapabilityData wanted = only(but);
  // A service manager that gave no rights may have forbidden the call as well.
  CapabilityData held{};
  if (syscall(SYS_capget, &header, held.data()) == 0 &&
      std::memcmp(held.data(), wanted.data(), sizeof wanted) == 0)
    return {};
  if (syscall(SYS_capset, &header, wanted.data()) != 0)
    return failed(but ? "the one capability that is needed is not there" : "capabilities");
  return {};
}

std::expected<void, std::string> close_the_ways_back() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("dumpable");
  const rlimit no_core{0, 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return failed("core limit");
  return {};
}

std::expected<void, std::string> verify(std::optional<int> but) {
  auto header = capability_header();
  CapabilityData held{};
  if (syscall(SYS_capget, &header, held.data()) != 0) return failed("reading capabilities back");
  const CapabilityData wanted = only(but);
  for (std::size_t i = 0; i < held.size(); ++i)
    if (held[i].effective != wanted[i].effective || held[i].permitted != wanted[i].permitted ||
        held[i].inheritable != 0)
      return std::unexpected("cannot drop rights: capabilities are still there");
  if (setresuid(0, 0, 0) == 0 || geteuid() == 0)
    return std::unexpected("cannot drop rights: the process can still become root");
  return {};
}

std::expected<void, std::string> drop(const std::optional<User>& user, std::optional<int> but) {
  if (auto done = empty_bounding_set(); !done) return done;
  // Through the change of user; what is kept beyond it is said right after.
  if (but && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("keeping a capability");
  if (user)
    if (auto done = become(*user); !done) return done;
  if (auto done = empty_capabilities(but); !done) return done;
  if (but && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return failed("keeping a capability");
  if (auto done = close_the_ways_back(); !done) return done;
  return verify(but);
}

}  // namespace

std::expected<std::optional<User>, std::string> find_user(std::string_view name) {
  if (geteuid() != 0) return std::nullopt;
  const std::string wanted(name);
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  const int fault = getpwnam_r(wanted.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    const std::string why = fault == 0 ? "there is no such user" : std::strerror(fault);
    return std::unexpected(
        "cannot become user \"" + wanted + "\": " + why +
        " (make one with: useradd --system --no-create-home --shell /usr/sbin/nologin NAME)");
  }
  if (entry.pw_uid == 0) return std::unexpected("cannot become user \"" + wanted + "\": it is root");
  return User{wanted, entry.pw_uid, entry.pw_gid};
}

std::expected<void, std::string> drop_privileges(const std::optional<User>& user) {
  return drop(user, std::nullopt);
}

std::expected<void, std::string> drop_privileges_but(int capability, const std::optional<User>& user) {
  return drop(user, capability);
}

}  // namespace gatewitness::process
