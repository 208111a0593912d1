// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/caller.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace gatewitness::cli {
namespace {

constexpr int kMaxAncestors = 16;
constexpr std::size_t kMaxEnvironment = 256 * 1024;

std::string read_start(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxEnvironment, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// 0 where there is none, or nobody tells.
pid_t parent_of(pid_t pid) {
  constexpr std::string_view kKey = "\nPPid:\t";
  const std::string status = read_start("/proc/" + std::to_string(pid) + "/status");
  const auto found = status.find(kKey);
  return found == status.npos ? 0 : std::atoi(status.c_str() + found + kKey.size());
}

}  // namespace

std::optional<IpAddress> address_in_environment(std::string_view environment) {
  while (!environment.empty()) {
    const auto end = environment.find('\0');
    std::string_view entry = environment.substr(0, end);
    environment.remove_prefix(end == environment.npos ? environment.size() : end + 1);
    for (const std::string_view name : {"SSH_CONNECTION=", "SSH_CLIENT="}) {
      if (!entry.starts_with(name)) continue;
      const auto value = entry.substr(name.size());
      if (const auto address = IpAddress::parse(value.substr(0, value.find_first_of(" %"))))
        return address->unmapped();
    }
  }
  return std::nullopt;
}

std::optional<IpAddress> callers_address() {
  for (const char* name : {"SSH_CONNECTION", "SSH_CLIENT"})
    if (const char* value = std::getenv(name))
      if (const auto address = address_in_environment(std::string(name) + "=" + value)) return address;
  pid_t pid = ::getppid();
  for (int i = 0; i < kMaxAncestors && pid > 1; ++i, pid = parent_of(pid))
    if (const auto address = address_in_environment(read_start("/proc/" + std::to_string(pid) + "/environ")))
      return address;
  return std::nullopt;
}

}  // namespace gatewitness::cli
