// SPDX-License-Identifier: Apache-2.0
//
// Giving up rights, for good: another user, no groups, no capability in any set, nothing to regain them by.
// Called once by each main, after it opened what needs rights and before it meets hostile bytes or starts a
// thread.
#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace gatewitness::process {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// Who the process shall become. As root: the user of that name; an unknown one, or one with uid 0, is an
// error. Not as root there is nobody else to become: nothing, whatever the name. Reads the user database:
// call it before chroot and sandbox.
std::expected<std::optional<User>, std::string> find_user(std::string_view name);

// Becomes that user (nobody else, if there is none): supplementary groups gone (as root), real, effective and
// saved ids set; bounding, ambient, inheritable, permitted and effective capabilities empty; no_new_privs; no
// core dumps; not dumpable, so that no other process of the user may read this one's memory. Verifies that
// nothing is left, and that uid 0 cannot be regained.
std::expected<void, std::string> drop_privileges(const std::optional<User>& user);
// The same, but for one capability (CAP_..., linux/capability.h), which stays permitted and effective, and
// cannot be handed on. An error if the process does not have it.
std::expected<void, std::string> drop_privileges_but(int capability, const std::optional<User>& user);

}  // namespace gatewitness::process
