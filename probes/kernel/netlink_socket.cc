// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/netlink_socket.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "probes/kernel/message_bounds.h"

namespace gatewitness::kernel {
namespace {

// A dump fills buffers of at most 32 KiB, however large ours is.
constexpr std::size_t kBufferBytes = 32UL * 1024;

std::unexpected<std::string> failed(const std::string& name, const char* what) {
  std::string text = "cannot " + std::string(what) + " " + name + ": " + std::strerror(errno);
  if (errno == EPERM) text += " (start as root, or with CAP_NET_ADMIN)";
  if (errno == EPROTONOSUPPORT) text += " (a kernel without it, or its module is not loaded)";
  return std::unexpected(text);
}

}  // namespace

NetlinkSocket::NetlinkSocket(mnl_socket* socket)
    : socket_(socket), buffer_(kBufferBytes / sizeof(uint64_t)) {}

std::expected<NetlinkSocket, std::string> NetlinkSocket::open(int bus, std::span<const int> groups,
                                                              std::size_t buffer_bytes,
                                                              std::vector<sock_filter> filter,
                                                              const std::string& name) {
  mnl_socket* raw = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (raw == nullptr) return failed(name, "open");
  NetlinkSocket made(raw);
  const int bytes = static_cast<int>(std::min<std::size_t>(buffer_bytes, INT32_MAX / 2));
  // Without the right to force, rmem_max is the limit.
  if (setsockopt(made.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 &&
      setsockopt(made.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) != 0)
    return failed(name, "size the buffer of");
  if (!filter.empty()) {
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (setsockopt(made.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
      return failed(name, "attach the filter of");
  }
  if (mnl_socket_bind(raw, 0, MNL_SOCKET_AUTOPID) != 0) return failed(name, "bind");
  for (int group : groups)
    if (mnl_socket_setsockopt(raw, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0)
      return failed(name, "listen to");
  return made;
}

int NetlinkSocket::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

NetlinkSocket::Drained NetlinkSocket::drain(unsigned max_messages, const Handler& handler) {
  for (unsigned read = 0; read < max_messages;) {
    sockaddr_nl sender{};
    socklen_t length = sizeof(sender);
    const ssize_t got = recvfrom(fd(), buffer_.data(), kBufferBytes, MSG_TRUNC,
                                 reinterpret_cast<sockaddr*>(&sender), &length);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Drained::kEmpty;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      overrun_ = true;
      ++read;
      continue;
    }
    if (got < 0) return Drained::kError;
    ++read;
    if (sender.nl_pid != 0) continue;
    // Longer than the buffer: no kernel sends that, and a part of it would be no better than nothing.
    if (static_cast<std::size_t>(got) > kBufferBytes) {
      overrun_ = true;
      continue;
    }
    std::span rest(reinterpret_cast<const uint8_t*>(buffer_.data()), static_cast<std::size_t>(got));
    for (;;) {
      const auto* message = reinterpret_cast<const nlmsghdr*>(rest.data());
      if (!is_whole(message, rest.size())) break;
      handler(message);
      rest = rest.subspan(aligned_length(message, rest.size()));
    }
  }
  return Drained::kMore;
}

uint64_t NetlinkSocket::lost_messages() const {
  std::array<uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t length = sizeof(figures);
  if (getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, figures.data(), &length) != 0) return 0;
  return figures[SK_MEMINFO_DROPS];
}

bool NetlinkSocket::request_dump(uint16_t type, std::span<const uint8_t> family_header, uint32_t sequence) {
  const auto request = dump_request(type, family_header, sequence);
  return ::send(fd(), request.data(), request.size(), 0) == static_cast<ssize_t>(request.size());
}

std::vector<uint8_t> dump_request(uint16_t type, std::span<const uint8_t> family_header, uint32_t sequence) {
  const nlmsghdr header{.nlmsg_len = static_cast<uint32_t>(NLMSG_HDRLEN + family_header.size()),
                        .nlmsg_type = type,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                        .nlmsg_seq = sequence,
                        .nlmsg_pid = 0};
  std::vector<uint8_t> bytes(header.nlmsg_len);
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::ranges::copy(family_header, bytes.begin() + NLMSG_HDRLEN);
  return bytes;
}

}  // namespace gatewitness::kernel
