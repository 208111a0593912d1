// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/guard_link.h"

#include <string_view>
#include <utility>

namespace gatewitness::control {
namespace {

constexpr const char* kSilent = "the guard does not answer: is gatewitness-guard running?";

}  // namespace

std::expected<GuardLink, std::string> GuardLink::connect(process::ZmqContext& context,
                                                         const std::string& run_dir) {
  auto socket = process::ZmqSocket::create(
      context, process::ZmqKind::kReq,
      {.max_message = quarantine::kMaxReply, .send_queue = 1, .receive_queue = 4, .only_connected = true});
  if (!socket) return std::unexpected(socket.error());
  if (auto connected = socket->connect("ipc://" + run_dir + "/guard.sock"); !connected)
    return std::unexpected(connected.error());
  return GuardLink(std::move(*socket));
}

bool GuardLink::ask(GuardDesk::Errand errand, Parts caller, Clock::time_point now) {
  if (queue_.size() >= kMaxWaiting) return false;
  if (queue_.empty()) deadline_ = now + kFind;
  queue_.push_back({std::move(errand), std::move(caller)});
  return true;
}

// Of the first of the queue; nothing: not yet.
std::optional<std::expected<quarantine::Reply, std::string>> GuardLink::outcome(Clock::time_point now) {
  if (!sent_) {
    const std::string text = to_text(queue_.front().errand.request);
    sent_ =
        socket_.send({reinterpret_cast<const uint8_t*>(text.data()), text.size()}) == process::ZmqSend::kSent;
    if (sent_) deadline_ = now + kAnswer;
  }
  if (sent_) {
    if (const auto bytes = socket_.receive())
      return quarantine::parse_reply({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  }
  if (now >= deadline_) return std::unexpected(std::string(kSilent));
  return std::nullopt;
}

std::vector<GuardLink::Done> GuardLink::turn(Clock::time_point now) {
  std::vector<Done> done;
  while (!queue_.empty()) {
    auto reply = outcome(now);
    if (!reply) break;
    const bool silent = !sent_;
    done.push_back({std::move(queue_.front().errand), std::move(queue_.front().caller), std::move(*reply)});
    queue_.pop_front();
    sent_ = false;
    // Where one found nobody the others will not either.
    deadline_ = silent ? now : now + kFind;
  }
  return done;
}

}  // namespace gatewitness::control
