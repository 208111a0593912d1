// SPDX-License-Identifier: Apache-2.0
//
// libzmq's C interface, owning itself: every socket states its limits (libzmq's defaults are unlimited,
// infinite and 1000). Used by the probes' publisher, the daemon's inbox and control socket, and the command.
// A Context starts no thread, but reads files: make it before the sandbox. The first Socket starts libzmq's
// threads: make it after.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatewitness::process {

// Outlives its sockets. Its destructor waits for their LINGER.
class ZmqContext {
 public:
  static std::expected<ZmqContext, std::string> create();

 private:
  friend class ZmqSocket;
  struct Terminate {
    void operator()(void* context) const noexcept;
  };
  explicit ZmqContext(void* context) : context_(context) {}
  std::unique_ptr<void, Terminate> context_;
};

enum class ZmqKind : uint8_t { kPush, kPull, kReq, kRouter, kPub, kSub, kPair };

struct ZmqLimits {
  std::size_t max_message = 4096;       // bytes of one part; a peer that sends more is disconnected
  int send_queue = 1000;                // messages per peer (SNDHWM)
  int receive_queue = 1000;             // messages per peer (RCVHWM)
  std::chrono::milliseconds linger{0};  // how long unsent messages hold up the context's end
  bool only_connected = false;          // no queue for a peer that is not there: a send is kFull then
};

enum class ZmqSend : uint8_t {
  kSent,
  kFull,   // the queue is full, or there is no peer to queue for
  kError,  // the socket cannot send now (REQ out of turn) or never (context ended)
};

class ZmqSocket {
 public:
  // REQ sockets are relaxed and correlated: after a time-out the next request may be sent, and a late answer
  // is dropped. ROUTER: an unknown peer's id is kError, not silence. SUB subscribes to everything.
  static std::expected<ZmqSocket, std::string> create(ZmqContext& context, ZmqKind kind,
                                                      const ZmqLimits& limits = {});

  // endpoint: "ipc://PATH". Binding replaces a socket file that nobody serves.
  std::expected<void, std::string> bind(const std::string& endpoint);
  // Returns at once; libzmq keeps trying, from 100 ms up to every second.
  std::expected<void, std::string> connect(const std::string& endpoint);

  // Before bind(): only processes of this user may connect (SO_PEERCRED, asked as each connects); others are
  // cut off before a byte of theirs is read.
  std::expected<void, std::string> accept_only(uid_t user);
  // Before bind(): a socket that gets a message of two parts for each connection that was not accepted.
  std::expected<ZmqSocket, std::string> watch_refusals(ZmqContext& context);

  // One message of one part; waits at most that long for room in the queue.
  ZmqSend send(std::span<const uint8_t> bytes, std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  // One message of several parts (ROUTER: the peer's id first, then REQ's empty delimiter).
  ZmqSend send_parts(std::span<const std::vector<uint8_t>> parts,
                     std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  // The next message, all parts joined in order of arrival; nothing if none came in that time. Never more
  // than kMaxParts parts: a message with more is read to its end and dropped (counted by dropped_messages()).
  std::optional<std::vector<std::vector<uint8_t>>> receive_parts(
      std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  // The same for messages of one part; others are dropped and counted.
  std::optional<std::vector<uint8_t>> receive(std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  // For poll(2). Edge-triggered in libzmq's way: readable means "ask readable()", and after each send or
  // receive ask again before the next poll.
  int fd() const;
  bool readable() const;
  bool writable() const;

  uint64_t dropped_messages() const { return dropped_messages_; }

  static constexpr std::size_t kMaxParts = 8;

 private:
  struct Close {
    void operator()(void* socket) const noexcept;
  };
  explicit ZmqSocket(void* socket) : socket_(socket) {}
  bool set(int option, int value);
  int events() const;
  std::optional<std::vector<std::vector<uint8_t>>> take_waiting();

  std::unique_ptr<void, Close> socket_;
  uint64_t dropped_messages_ = 0;
};

}  // namespace gatewitness::process
