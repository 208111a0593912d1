// SPDX-License-Identifier: Apache-2.0
//
// The daemon's two folders: made for its user, checked, and locked against a second daemon. Called at start,
// while the process may still have rights; also by the supervisor.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "probes/process/file_descriptor.h"
#include "probes/process/privileges.h"

namespace gatewitness::control {

// Makes the folder (its parents too) with mode 0750, owned by the user. One that exists is never given away
// or opened up: if the user cannot own it, that is an error.
std::expected<void, std::string> make_folder(const std::string& path,
                                             const std::optional<process::User>& user);

// Held as long as the descriptor lives; gone with the process, however it ends.
std::expected<process::FileDescriptor, std::string> lock_folder(const std::string& path);

}  // namespace gatewitness::control
