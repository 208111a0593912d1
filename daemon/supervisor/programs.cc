// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor/programs.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace gatewitness::supervisor {
namespace {

namespace fs = std::filesystem;

// Of a build tree, whose <build>/daemon/cli holds the command.
struct Place {
  std::string_view program, folder;
};
constexpr Place kPlaces[] = {
    {"gatewitness-capture", "probes/capture"},  {"gatewitness-kernel", "probes/kernel"},
    {"gatewitness-notify", "daemon/notify"},    {"gatewitness-guard", "daemon/guard"},
    {"gatewitness-metrics", "daemon/exporter"}, {"gatewitness-replay", "daemon/replay"},
};

}  // namespace

fs::path own_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

std::optional<fs::path> find_program(const fs::path& bin_dir, std::string_view name) {
  const auto* built = std::ranges::find(kPlaces, name, &Place::program);
  const fs::path build = bin_dir.parent_path().parent_path();
  for (const fs::path& folder : {bin_dir, bin_dir.parent_path() / "sbin",
                                 built == std::end(kPlaces) ? bin_dir : build / built->folder}) {
    fs::path candidate = folder / name;
    std::error_code error;
    if (fs::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace gatewitness::supervisor
