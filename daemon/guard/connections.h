// SPDX-License-Identifier: Apache-2.0
//
// Ends the live connections of a quarantined device in connection tracking: what is offloaded past the
// firewall comes back to it, and what still comes from outside meets no translation. Owned by the guard's
// loop; opened before the sandbox.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "daemon/quarantine/quarantine.h"

struct nfct_handle;

namespace gatewitness::guard {

class Connections {
 public:
  // Needs CAP_NET_ADMIN.
  static std::expected<Connections, std::string> open();

  // Those that the target's addresses began; for kMail TCP to one of these ports, for kAll any, also those
  // that came in to it. Gives how many were ended.
  std::expected<std::size_t, std::string> end(const quarantine::Quarantine& quarantine,
                                              std::span<const uint16_t> mail_ports);

  // In one go; a device that has more is served again until none is left, kMaxRounds times.
  static constexpr std::size_t kMaxAtOnce = 4096;
  static constexpr std::size_t kMaxRounds = 8;

 private:
  struct Close {
    void operator()(nfct_handle* handle) const noexcept;
  };
  explicit Connections(nfct_handle* handle) : handle_(handle) {}

  std::unique_ptr<nfct_handle, Close> handle_;
};

}  // namespace gatewitness::guard
