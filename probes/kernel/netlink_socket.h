// SPDX-License-Identifier: Apache-2.0
//
// One netlink socket: joined to groups while there are rights, read without them. Loss is never silent: when
// the kernel had no room for an event, drain() says so, and lost_messages() how many. Owned by the probe's
// main, then its loop.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/filter.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gatewitness::kernel {

class NetlinkSocket {
 public:
  // bus: NETLINK_NETFILTER or NETLINK_ROUTE. groups: their numbers (not bits). buffer_bytes: of messages that
  // may wait (as far as the system allows without CAP_NET_ADMIN). filter: empty for none; attached before the
  // groups are joined. The error is one line for a person; name stands in it.
  static std::expected<NetlinkSocket, std::string> open(int bus, std::span<const int> groups,
                                                        std::size_t buffer_bytes,
                                                        std::vector<sock_filter> filter,
                                                        const std::string& name);

  int fd() const;

  enum class Drained : uint8_t {
    kEmpty,  // nothing waits any more
    kMore,   // max_messages were read, and more may wait
    kError,  // the socket is of no use any more
  };
  using Handler = std::function<void(const nlmsghdr*)>;
  // Reads what waits, at most about that many messages. Messages that do not come from the kernel are
  // dropped.
  Drained drain(unsigned max_messages, const Handler& handler);

  // The kernel had no room since the last call. Ask again once drain() said kEmpty: only then it delivers
  // again.
  bool take_overrun() { return std::exchange(overrun_, false); }
  // Messages that the kernel could not deliver, since the socket was opened; 0 if it does not say.
  uint64_t lost_messages() const;

  // A dump request without arguments (rtnetlink asks no rights for it).
  bool request_dump(uint16_t type, std::span<const uint8_t> family_header, uint32_t sequence);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const noexcept { mnl_socket_close(socket); }
  };
  explicit NetlinkSocket(mnl_socket* socket);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::vector<uint64_t> buffer_;  // aligned for netlink headers
  bool overrun_ = false;
};

// The bytes of a dump request, for who sends them later.
std::vector<uint8_t> dump_request(uint16_t type, std::span<const uint8_t> family_header, uint32_t sequence);

}  // namespace gatewitness::kernel
