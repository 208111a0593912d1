// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/settings.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "daemon/control/vendor_table.h"
#include "probes/wire/text.h"

namespace gatewitness::control {
namespace {

// One byte more than is allowed, so that the parser can say that it is too long.
std::expected<std::string, std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(config::kMaxBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof())
    return std::unexpected(path + ": " + (errno != 0 ? std::strerror(errno) : "cannot be read"));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

std::expected<config::Config, std::vector<std::string>> read_config(const std::string& path,
                                                                    const Overrides& overrides) {
  config::Config config;
  if (!path.empty()) {
    const auto text = read_text(path);
    if (!text) return std::unexpected(std::vector{text.error()});
    auto parsed = config::parse(*text);
    if (!parsed) {
      std::vector<std::string> lines;
      for (const auto& error : parsed.error()) lines.push_back(config::to_string(path, error));
      return std::unexpected(std::move(lines));
    }
    config = std::move(*parsed);
  }
  if (!overrides.run_dir.empty()) config.daemon.run_dir = overrides.run_dir;
  if (!overrides.state_dir.empty()) config.daemon.state_dir = overrides.state_dir;
  if (!overrides.user.empty()) config.daemon.user = overrides.user;
  config.daemon.allow_no_seccomp |= overrides.allow_no_seccomp;
  auto vendors = vendor_table(config.identity.vendors);
  if (!vendors) return std::unexpected(std::vector{"identity.vendors: " + vendors.error()});
  config.pipeline.identity.vendors = std::move(*vendors);
  return config;
}

std::expected<Settings, int> settings_from(const char* program, const char* help, int argc,
                                           const char* const* argv,
                                           const std::function<void(process::Flags&)>& more) {
  Settings settings;
  Overrides overrides;
  process::Flags flags(program, help);
  flags.text("--config", settings.path);
  flags.text("--run-dir", overrides.run_dir);
  flags.text("--state-dir", overrides.state_dir);
  flags.text("--user", overrides.user);
  flags.flag("--allow-no-seccomp", overrides.allow_no_seccomp);
  if (more) more(flags);
  const auto rest = flags.parse(argc, argv);
  if (!rest) return std::unexpected(process::Flags::print(rest.error()));
  if (!rest->empty())
    return std::unexpected(
        process::Flags::print(flags.usage_error("does not understand \"" + printable(rest->front()) + "\"")));
  auto config = read_config(settings.path, overrides);
  if (!config) {
    for (const auto& line : config.error()) process::Log(program).error(line);
    return std::unexpected(1);
  }
  settings.config = std::move(*config);
  return settings;
}

process::LogLevel threshold(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kError:
      return process::LogLevel::kError;
    case config::LogLevel::kWarning:
      return process::LogLevel::kWarning;
    case config::LogLevel::kInfo:
      return process::LogLevel::kInfo;
    case config::LogLevel::kDebug:
      return process::LogLevel::kDebug;
  }
  return process::LogLevel::kInfo;
}

}  // namespace gatewitness::control
