// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/secrets.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "probes/process/file_descriptor.h"

namespace gatewitness::notify {
namespace {

using process::FileDescriptor;

constexpr std::size_t kMaxSecret = 4096;

std::expected<std::string, std::string> read_private(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected(path + ": is not a file");
  if ((status.st_mode & 077U) != 0) return std::unexpected(path + ": others may read it; chmod it to 0600");
  std::string text(kMaxSecret + 1, '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) return std::unexpected(path + ": " + std::strerror(errno));
  text.resize(static_cast<std::size_t>(got));
  if (text.size() > kMaxSecret) return std::unexpected(path + ": is longer than 4096 bytes");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.empty()) return std::unexpected(path + ": is empty");
  return text;
}

std::expected<void, std::string> fill(std::string& secret, const std::string& path, const std::string& name,
                                      bool is_token) {
  if (path.empty()) return {};
  auto text = read_private(path);
  if (!text) return std::unexpected("channel " + name + ": " + text.error());
  if (is_token && !std::ranges::all_of(*text, [](char c) { return c > ' ' && c < 0x7f; }))
    return std::unexpected("channel " + name + ": " + path + ": a token is one word of visible characters");
  secret = std::move(*text);
  return {};
}

}  // namespace

std::expected<void, std::string> read_secrets(std::vector<alert::Channel>& channels) {
  for (auto& channel : channels) {
    if (auto done = fill(channel.token, channel.token_file, channel.name, true); !done) return done;
    if (auto done = fill(channel.buttons_token, channel.buttons_token_file, channel.name, true); !done)
      return done;
    if (auto done = fill(channel.subscription, channel.subscription_file, channel.name, false); !done)
      return done;
  }
  return {};
}

std::expected<alert::ButtonKey, std::string> own_key(const std::string& path) {
  alert::ButtonKey key{};
  {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.is_open()) {
      if (::read(file.get(), key.data(), key.size()) == static_cast<ssize_t>(key.size())) return key;
      return std::unexpected(path + ": is not a key of 32 bytes; remove it to have a new one");
    }
    if (errno != ENOENT) return std::unexpected(path + ": " + std::strerror(errno));
  }
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return std::unexpected("no random bytes for " + path);
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // of a start that was cut short
  const FileDescriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open() || ::write(file.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size()) ||
      ::fsync(file.get()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  return key;
}

}  // namespace gatewitness::notify
