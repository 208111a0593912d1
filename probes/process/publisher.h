// SPDX-License-Identifier: Apache-2.0
//
// A probe's way out: puts probe name, epoch and sequence before each record, encodes it and pushes it to the
// daemon. Never holds up the loop that reads packets: what does not fit into the queue is dropped and
// counted, its sequence number is spent (so the daemon sees the hole), and a CaptureGap says so as soon as
// records flow again. Owned by a probe's main.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "probes/process/zmq_socket.h"
#include "probes/wire/records.h"

namespace gatewitness::process {

// 64 random bits from the kernel: an epoch, a key. Waits for the kernel's pool at boot; aborts if there is
// none.
uint64_t random_u64();

struct PublisherOptions {
  std::string endpoint;  // ipc://..., where the daemon binds PULL
  std::string probe;     // 1 to 32 bytes of [a-z0-9_.:-]
  int queue = 1000;      // records held while the daemon is away, 4 KiB each at most
  // For room, before the first drop: 0 where packets pass meanwhile; longer where what comes in is kept
  // elsewhere.
  std::chrono::milliseconds wait{0};
  std::chrono::milliseconds linger{500};  // at the end, for what is still queued
};

class Publisher {
 public:
  // Starts libzmq's threads: after the sandbox.
  static std::expected<Publisher, std::string> connect(ZmqContext& context, const PublisherOptions& options);
  // For tests: any socket.
  Publisher(ZmqSocket socket, std::string probe, uint64_t epoch,
            std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  // time: what the record speaks of, the header's time.
  void publish(Timestamp time, const wire::Record& record);

  uint64_t epoch() const { return epoch_; }
  uint64_t sequence() const { return sequence_; }  // of the next record
  uint64_t published() const { return published_; }
  uint64_t dropped() const { return dropped_; }

 private:
  struct Hole {
    Timestamp from;
    Timestamp to;
    uint64_t count = 0;
  };
  bool push(Timestamp time, const wire::Record& record);
  void report(const Hole& hole);
  void note_drop(Timestamp time);

  ZmqSocket socket_;
  std::string probe_;
  uint64_t epoch_;
  std::chrono::milliseconds wait_;
  uint64_t sequence_ = 0;
  uint64_t published_ = 0;
  uint64_t dropped_ = 0;
  std::optional<Hole> hole_;
};

}  // namespace gatewitness::process
