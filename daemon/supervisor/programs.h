// SPDX-License-Identifier: Apache-2.0
//
// Where the programs of this build lie.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace gatewitness::supervisor {

// The folder of the running program.
std::filesystem::path own_folder();

// bin_dir: where the command lies. Installed, the others lie beside it or in the sbin next to it; in a build
// tree in their own folders. Nothing: not in this build.
std::optional<std::filesystem::path> find_program(const std::filesystem::path& bin_dir,
                                                  std::string_view name);

}  // namespace gatewitness::supervisor
