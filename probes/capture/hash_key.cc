// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/hash_key.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "probes/process/file_descriptor.h"
#include "probes/process/publisher.h"

namespace gatewitness::capture {

std::expected<dissect::HashKey, std::string> read_hash_key(const std::string& path) {
  const process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  if ((status.st_mode & S_IRWXO) != 0)
    return std::unexpected(path + ": others may read or write this key (chmod 600 makes it private)");
  // One byte more than wanted, to see that nothing follows.
  std::array<uint8_t, sizeof(dissect::HashKey) + 1> bytes{};
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  dissect::HashKey key{};
  if (got != static_cast<ssize_t>(key.size())) return std::unexpected(path + ": a key has exactly 16 bytes");
  std::memcpy(key.data(), bytes.data(), key.size());
  return key;
}

dissect::HashKey random_hash_key() {
  return std::bit_cast<dissect::HashKey>(std::array{process::random_u64(), process::random_u64()});
}

}  // namespace gatewitness::capture
