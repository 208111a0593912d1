// SPDX-License-Identifier: Apache-2.0
//
// The profiles of sandbox.h as libseccomp rules. Internal to this folder; compiled where libseccomp is.
#pragma once

#include <expected>
#include <string>

#include "probes/process/sandbox.h"

namespace gatewitness::process {

bool kernel_has_seccomp();
// Sets no_new_privs too. All threads of the process get the filter.
// reads: kKernel may open files for reading and watch them.
std::expected<void, std::string> load_seccomp(SandboxProfile profile, bool reads);

}  // namespace gatewitness::process
