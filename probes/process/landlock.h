// SPDX-License-Identifier: Apache-2.0
//
// Landlock (landlock(7)): from now on this process opens nothing but the files that it was told of, whatever
// its user may. What seccomp cannot see (it knows no paths), this does. Internal to this folder.
#pragma once

#include <expected>
#include <span>
#include <string>

namespace gatewitness::process {

// paths: files, and folders with all that lies in them now and later; one that is not there is passed over.
// Reading is all that is left of them. Making sockets is left as it was. Sets no_new_privs. False: this
// kernel or this build has no Landlock.
std::expected<bool, std::string> allow_reading_only(std::span<const std::string> paths);

}  // namespace gatewitness::process
