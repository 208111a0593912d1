// SPDX-License-Identifier: Apache-2.0
#include "probes/process/publisher.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "probes/wire/codec.h"

namespace gatewitness::process {

uint64_t random_u64() {
  uint64_t value = 0;
  while (getrandom(&value, sizeof(value), 0) != static_cast<ssize_t>(sizeof(value)))
    if (errno != EINTR) std::abort();
  return value;
}

std::expected<Publisher, std::string> Publisher::connect(ZmqContext& context,
                                                         const PublisherOptions& options) {
  const ZmqLimits limits{.max_message = wire::kMaxMessage,
                         .send_queue = options.queue,
                         .receive_queue = 1,
                         .linger = options.linger};
  auto socket = ZmqSocket::create(context, ZmqKind::kPush, limits);
  if (!socket) return std::unexpected(socket.error());
  if (auto connected = socket->connect(options.endpoint); !connected)
    return std::unexpected(connected.error());
  return Publisher(std::move(*socket), options.probe, random_u64(), options.wait);
}

Publisher::Publisher(ZmqSocket socket, std::string probe, uint64_t epoch, std::chrono::milliseconds wait)
    : socket_(std::move(socket)), probe_(std::move(probe)), epoch_(epoch), wait_(wait) {}

void Publisher::publish(Timestamp time, const wire::Record& record) {
  if (hole_) report(*hole_);
  if (!hole_ && push(time, record)) return;
  if (hole_) ++sequence_;  // not even tried: its number is spent all the same
  note_drop(time);
}

// Before the next record, and only once there is room: a report that is dropped too would spend numbers of
// its own.
void Publisher::report(const Hole& hole) {
  if (!socket_.writable()) return;
  const wire::CaptureGap gap{"", hole.from, hole.to, wire::GapReason::kQueueFull, hole.count};
  if (push(hole.to, gap)) hole_.reset();
}

void Publisher::note_drop(Timestamp time) {
  ++dropped_;
  if (!hole_) hole_ = Hole{time, time, 0};
  hole_->from = std::min(hole_->from, time);
  hole_->to = std::max(hole_->to, time);
  ++hole_->count;
}

bool Publisher::push(Timestamp time, const wire::Record& record) {
  const wire::Envelope envelope{{probe_, epoch_, sequence_++, time}, record};
  // Waited for once: while there is a hole, nobody reads, and each further wait would be as vain.
  const auto wait = hole_ ? std::chrono::milliseconds(0) : wait_;
  const bool sent = socket_.send(wire::encode(envelope), wait) == ZmqSend::kSent;
  if (sent) ++published_;
  return sent;
}

}  // namespace gatewitness::process
