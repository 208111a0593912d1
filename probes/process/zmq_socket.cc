// SPDX-License-Identifier: Apache-2.0
#include "probes/process/zmq_socket.h"

#include <poll.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace gatewitness::process {
namespace {

// One received part; libzmq owns the bytes until it is closed.
class Part {
 public:
  Part() { zmq_msg_init(&message_); }
  ~Part() { zmq_msg_close(&message_); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  bool receive(void* socket) { return zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT) >= 0; }
  bool more() { return zmq_msg_more(&message_) != 0; }
  std::vector<uint8_t> bytes() {
    const auto* data = static_cast<const uint8_t*>(zmq_msg_data(&message_));
    return {data, data + zmq_msg_size(&message_)};
  }

 private:
  zmq_msg_t message_;
};

std::string fault(std::string_view what, const std::string& endpoint) {
  return "cannot " + std::string(what) + " " + endpoint + ": " + zmq_strerror(zmq_errno());
}

}  // namespace

void ZmqContext::Terminate::operator()(void* context) const noexcept {
  while (zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) {
  }
}

std::expected<ZmqContext, std::string> ZmqContext::create() {
  ZmqContext context(zmq_ctx_new());
  if (!context.context_)
    return std::unexpected(std::string("cannot start libzmq: ") + zmq_strerror(zmq_errno()));
  zmq_ctx_set(context.context_.get(), ZMQ_IO_THREADS, 1);
  zmq_ctx_set(context.context_.get(), ZMQ_MAX_SOCKETS, 64);
  return context;
}

void ZmqSocket::Close::operator()(void* socket) const noexcept {
  zmq_close(socket);
}

bool ZmqSocket::set(int option, int value) {
  return zmq_setsockopt(socket_.get(), option, &value, sizeof(value)) == 0;
}

std::expected<ZmqSocket, std::string> ZmqSocket::create(ZmqContext& context, ZmqKind kind,
                                                        const ZmqLimits& limits) {
  static constexpr std::array kTypes = {ZMQ_PUSH, ZMQ_PULL, ZMQ_REQ, ZMQ_ROUTER, ZMQ_PUB, ZMQ_SUB, ZMQ_PAIR};
  ZmqSocket made(zmq_socket(context.context_.get(), kTypes[static_cast<std::size_t>(kind)]));
  if (!made.socket_)
    return std::unexpected(std::string("cannot make a socket: ") + zmq_strerror(zmq_errno()));
  const auto max_message = static_cast<int64_t>(limits.max_message);
  bool ok = zmq_setsockopt(made.socket_.get(), ZMQ_MAXMSGSIZE, &max_message, sizeof(max_message)) == 0;
  ok = ok && made.set(ZMQ_SNDHWM, limits.send_queue) && made.set(ZMQ_RCVHWM, limits.receive_queue);
  ok = ok && made.set(ZMQ_LINGER, static_cast<int>(limits.linger.count()));
  ok = ok && made.set(ZMQ_RECONNECT_IVL, 100) && made.set(ZMQ_RECONNECT_IVL_MAX, 1000);
  if (limits.only_connected) ok = ok && made.set(ZMQ_IMMEDIATE, 1);
  if (kind == ZmqKind::kReq) ok = ok && made.set(ZMQ_REQ_RELAXED, 1) && made.set(ZMQ_REQ_CORRELATE, 1);
  if (kind == ZmqKind::kRouter) ok = ok && made.set(ZMQ_ROUTER_MANDATORY, 1);
  if (kind == ZmqKind::kSub) ok = ok && zmq_setsockopt(made.socket_.get(), ZMQ_SUBSCRIBE, "", 0) == 0;
  if (!ok) return std::unexpected(std::string("cannot set a socket's limits: ") + zmq_strerror(zmq_errno()));
  return made;
}

std::expected<void, std::string> ZmqSocket::bind(const std::string& endpoint) {
  if (zmq_bind(socket_.get(), endpoint.c_str()) != 0) return std::unexpected(fault("listen on", endpoint));
  return {};
}

std::expected<void, std::string> ZmqSocket::accept_only(uid_t user) {
  if (zmq_setsockopt(socket_.get(), ZMQ_IPC_FILTER_UID, &user, sizeof(user)) == 0) return {};
  return std::unexpected(std::string("cannot tell who connects (ZMQ_IPC_FILTER_UID): ") +
                         zmq_strerror(zmq_errno()));
}

std::expected<ZmqSocket, std::string> ZmqSocket::watch_refusals(ZmqContext& context) {
  static std::atomic<unsigned> number = 0;  // a name for each, within the process
  const std::string endpoint = "inproc://refusals-" + std::to_string(++number);
  if (zmq_socket_monitor(socket_.get(), endpoint.c_str(), ZMQ_EVENT_ACCEPT_FAILED) != 0)
    return std::unexpected(fault("watch", endpoint));
  auto watcher = create(context, ZmqKind::kPair);
  if (!watcher) return watcher;
  if (auto connected = watcher->connect(endpoint); !connected) return std::unexpected(connected.error());
  return watcher;
}

std::expected<void, std::string> ZmqSocket::connect(const std::string& endpoint) {
  if (zmq_connect(socket_.get(), endpoint.c_str()) != 0)
    return std::unexpected(fault("connect to", endpoint));
  return {};
}

ZmqSend ZmqSocket::send(std::span<const uint8_t> bytes, std::chrono::milliseconds wait) {
  if (wait.count() > 0) set(ZMQ_SNDTIMEO, static_cast<int>(wait.count()));
  const int flags = wait.count() > 0 ? 0 : ZMQ_DONTWAIT;
  if (zmq_send(socket_.get(), bytes.data(), bytes.size(), flags) >= 0) return ZmqSend::kSent;
  return zmq_errno() == EAGAIN ? ZmqSend::kFull : ZmqSend::kError;
}

ZmqSend ZmqSocket::send_parts(std::span<const std::vector<uint8_t>> parts, std::chrono::milliseconds wait) {
  if (parts.empty()) return ZmqSend::kError;
  if (wait.count() > 0) set(ZMQ_SNDTIMEO, static_cast<int>(wait.count()));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    int flags = wait.count() > 0 ? 0 : ZMQ_DONTWAIT;
    if (i + 1 < parts.size()) flags |= ZMQ_SNDMORE;
    if (zmq_send(socket_.get(), parts[i].data(), parts[i].size(), flags) >= 0) continue;
    return zmq_errno() == EAGAIN ? ZmqSend::kFull : ZmqSend::kError;
  }
  return ZmqSend::kSent;
}

// Nothing: no message waits. Parts of one message arrive together.
std::optional<std::vector<std::vector<uint8_t>>> ZmqSocket::take_waiting() {
  for (;;) {
    std::vector<std::vector<uint8_t>> parts;
    bool too_many = false;
    for (bool more = true; more;) {
      Part part;
      if (!part.receive(socket_.get())) return std::nullopt;
      more = part.more();
      if (parts.size() == kMaxParts)
        too_many = true;
      else
        parts.push_back(part.bytes());
    }
    if (!too_many) return parts;
    ++dropped_messages_;
  }
}

// Readable is not yet a message: what a REQ socket has waiting may be a late answer, which it drops.
std::optional<std::vector<std::vector<uint8_t>>> ZmqSocket::receive_parts(std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    if (auto parts = take_waiting()) return parts;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    zmq_pollitem_t item{socket_.get(), 0, ZMQ_POLLIN, 0};
    if (zmq_poll(&item, 1, static_cast<long>(left.count())) < 0) return std::nullopt;
  }
}

std::optional<std::vector<uint8_t>> ZmqSocket::receive(std::chrono::milliseconds wait) {
  while (auto parts = receive_parts(wait)) {
    if (parts->size() == 1) return std::move(parts->front());
    ++dropped_messages_;
    wait = std::chrono::milliseconds(0);
  }
  return std::nullopt;
}

int ZmqSocket::fd() const {
  int fd = -1;
  std::size_t size = sizeof(fd);
  zmq_getsockopt(socket_.get(), ZMQ_FD, &fd, &size);
  return fd;
}

int ZmqSocket::events() const {
  int events = 0;
  std::size_t size = sizeof(events);
  zmq_getsockopt(socket_.get(), ZMQ_EVENTS, &events, &size);
  return events;
}

bool ZmqSocket::readable() const {
  return (events() & ZMQ_POLLIN) != 0;
}
bool ZmqSocket::writable() const {
  return (events() & ZMQ_POLLOUT) != 0;
}

}  // namespace gatewitness::process
