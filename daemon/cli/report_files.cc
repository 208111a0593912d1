// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/report_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "daemon/report/options.h"
#include "probes/wire/text.h"

namespace gatewitness::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 10'000;
const std::size_t kMaxBytes = report::ReadOptions{}.input_bytes + 1;

struct Close {
  void operator()(std::FILE* file) const noexcept {
    if (file != stdin) std::fclose(file);
  }
};

std::unexpected<std::string> fault(const std::string& name, const std::string& what) {
  return std::unexpected(printable(name, 256) + ": " + what);
}

}  // namespace

std::expected<std::vector<std::string>, std::string> expand(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const auto& name : names) {
    std::error_code error;
    if (name == "-" || !fs::is_directory(name, error)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> inside;
    for (auto entry = fs::recursive_directory_iterator(name, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (entry->is_regular_file() && entry->path().filename().native().front() != '.')
        inside.push_back(entry->path().native());
      if (files.size() + inside.size() > kMaxFiles)
        return fault(name, "holds more than " + std::to_string(kMaxFiles) + " files");
    }
    if (error) return fault(name, error.message());
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

std::expected<std::string, std::string> read_bytes(const std::string& name) {
  const std::unique_ptr<std::FILE, Close> file(name == "-" ? stdin : std::fopen(name.c_str(), "rbe"));
  if (!file) return fault(name, std::strerror(errno));
  std::string bytes;
  char buffer[65536];
  while (bytes.size() < kMaxBytes) {
    const std::size_t got =
        std::fread(buffer, 1, std::min(sizeof(buffer), kMaxBytes - bytes.size()), file.get());
    bytes.append(buffer, got);
    if (got == 0) break;
  }
  if (std::ferror(file.get()) != 0) return fault(name, std::strerror(errno));
  return bytes;
}

}  // namespace gatewitness::cli
