// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/signing_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "probes/process/file_descriptor.h"

namespace gatewitness::control {
namespace {

using Seed = std::array<uint8_t, evidence::SigningKey::kSeedBytes>;

constexpr std::string_view kHead = "gatewitness-signing-key-1 ";
constexpr std::size_t kLength = kHead.size() + 2 * sizeof(Seed) + 1;

std::string system_error(const std::string& path) {
  return path + ": " + std::strerror(errno);
}

std::expected<evidence::SigningKey, std::string> read(const std::string& path, int file) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return std::unexpected(system_error(path));
  if ((facts.st_mode & 0077) != 0)
    return std::unexpected(path + ": others than its owner can use it; chmod 600, and ask who did");
  std::string text(kLength + 1, '\0');
  const ssize_t length = ::read(file, text.data(), text.size());
  if (length < 0) return std::unexpected(system_error(path));
  text.resize(static_cast<std::size_t>(length));
  Seed seed{};
  const bool fits = text.size() == kLength && text.starts_with(kHead) && text.back() == '\n' &&
                    evidence::from_hex(std::string_view(text).substr(kHead.size(), 2 * seed.size()), seed);
  sodium_memzero(text.data(), text.size());
  if (!fits)
    return std::unexpected(path +
                           ": is damaged; put a copy of it back, or move it away and a new one is made");
  evidence::SigningKey key(seed);
  sodium_memzero(seed.data(), seed.size());
  return key;
}

std::expected<void, std::string> make(const std::string& path) {
  Seed seed{};
  randombytes_buf(seed.data(), seed.size());
  std::string text = std::string(kHead) + evidence::to_hex(seed) + "\n";
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // of a start that was cut short
  const process::FileDescriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool done = file.is_open() &&
                    ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    ::fsync(file.get()) == 0 && ::rename(fresh.c_str(), path.c_str()) == 0;
  sodium_memzero(seed.data(), seed.size());
  sodium_memzero(text.data(), text.size());
  if (!done) return std::unexpected(system_error(path));
  return {};
}

}  // namespace

std::expected<evidence::SigningKey, std::string> signing_key(const std::string& state_dir) {
  const std::string path = state_dir + "/signing.key";
  if (::sodium_init() < 0) return std::unexpected("no source of random numbers");
  for (const bool first : {true, false}) {
    const process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.is_open()) return read(path, file.get());
    if (errno != ENOENT || !first) break;
    if (auto made = make(path); !made) return std::unexpected(made.error());
  }
  return std::unexpected(system_error(path));
}

}  // namespace gatewitness::control
