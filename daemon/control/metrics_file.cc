// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/metrics_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "probes/process/file_descriptor.h"

namespace gatewitness::control {

bool MetricsFile::due(Timestamp now) const {
  // A clock that was set back must not put it off for ever.
  return !path_.empty() && (!written_ || now - *written_ >= interval_ || now < *written_);
}

std::optional<Timestamp> MetricsFile::deadline() const {
  if (path_.empty() || !written_) return std::nullopt;
  return *written_ + interval_;
}

std::expected<void, std::string> MetricsFile::replace(const std::string& text) const {
  const auto fault = [&] { return std::unexpected("metrics " + path_ + ": " + std::strerror(errno)); };
  const std::string fresh = path_ + ".new";
  ::unlink(fresh.c_str());  // of an end that came between
  process::FileDescriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.is_open()) return fault();
  // Whoever reads it is another user, and a service's umask is 0077.
  if (::fchmod(file.get(), 0644) != 0) return fault();
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return fault();
  file.reset();
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return fault();
  return {};
}

std::optional<std::string> MetricsFile::write(const std::string& text, Timestamp now) {
  written_ = now;
  const auto done = replace(text);
  const bool failed_before = std::exchange(failing_, !done);
  if (done || failed_before) return std::nullopt;
  return done.error();
}

}  // namespace gatewitness::control
