// SPDX-License-Identifier: Apache-2.0
#include "probes/process/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>

namespace gatewitness::process {
namespace {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<uint64_t> number_of(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_for_us(const std::string& pid) {
  return pid.empty() || number_of(pid) == static_cast<uint64_t>(::getpid());
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager made;
  std::string name = take_variable("NOTIFY_SOCKET");
  const auto period_us = number_of(take_variable("WATCHDOG_USEC"));
  const bool watched = is_for_us(take_variable("WATCHDOG_PID"));
  if (name.size() < 2 || name.size() >= sizeof(sockaddr_un::sun_path) || (name[0] != '/' && name[0] != '@'))
    return made;
  if (name[0] == '@') name[0] = '\0';
  made.name_ = std::move(name);
  made.socket_ = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A day is longer than anybody waits; more would wrap.
  if (watched && period_us && *period_us > 0 && *period_us <= 86'400'000'000)
    made.period_ = std::chrono::duration_cast<Duration>(std::chrono::microseconds(*period_us)) / 2;
  return made;
}

void ServiceManager::ready() {
  if (!ready_) tell("READY=1");
  ready_ = true;
}

void ServiceManager::alive(Timestamp now) {
  const auto next = next_alive();
  if (!next || *next > now) return;
  tell("WATCHDOG=1");
  last_ = now;
}

std::optional<Timestamp> ServiceManager::next_alive() const {
  if (!period_ || !socket_.is_open()) return std::nullopt;
  return last_ + *period_;
}

void ServiceManager::tell(std::string_view text) const {
  if (!socket_.is_open()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name_, address.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  (void)::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace gatewitness::process
