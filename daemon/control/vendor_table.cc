// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/vendor_table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "probes/process/file_descriptor.h"

namespace gatewitness::control {
namespace {

constexpr off_t kMaxBytes = 16L * 1024 * 1024;

class Mapping {
 public:
  Mapping(void* place, std::size_t length) : place_(place), length_(length) {}
  ~Mapping() { ::munmap(place_, length_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(place_), length_}; }

 private:
  void* place_;
  std::size_t length_;
};

}  // namespace

std::expected<OuiTable, std::string> vendor_table(const std::string& path) {
  const std::string place = path.empty() ? GATEWITNESS_OUI_TABLE : path;
  const auto fault = [&](const std::string& text) { return std::unexpected(place + ": " + text); };
  const process::FileDescriptor file(::open(place.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (path.empty() && errno == ENOENT) return OuiTable();
    return fault(std::strerror(errno));
  }
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return fault(std::strerror(errno));
  if (!S_ISREG(facts.st_mode) || facts.st_size <= 0 || facts.st_size > kMaxBytes)
    return fault("is no table of makers");
  const auto length = static_cast<std::size_t>(facts.st_size);
  void* mapped = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED) return fault(std::strerror(errno));
  const auto mapping = std::make_shared<const Mapping>(mapped, length);
  auto table = OuiTable::over(mapping->bytes(), mapping);
  if (!table) return fault(table.error());
  return std::move(*table);
}

}  // namespace gatewitness::control
