// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/route_feed.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace gatewitness::kernel {
namespace {

// Names before what refers to them. All families: a header of zeros.
struct Step {
  uint16_t request;
  std::size_t header_bytes;
};
constexpr std::array<Step, 3> kSteps = {
    {{RTM_GETLINK, sizeof(ifinfomsg)}, {RTM_GETADDR, sizeof(ifaddrmsg)}, {RTM_GETNEIGH, sizeof(ndmsg)}}};
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kRetry{1};
constexpr unsigned kMessagesPerTurn = 4096;

bool has_error(const nlmsghdr* message) {
  int error = 0;
  if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
    std::memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
  return error != 0;
}

}  // namespace

RouteFeed::RouteFeed(NetlinkSocket socket, Neighbourhood& neighbourhood, ConntrackFeed::Gap gap)
    : socket_(std::move(socket)), neighbourhood_(neighbourhood), gap_(std::move(gap)) {}

void RouteFeed::start(Timestamp now, SteadyTime steady) {
  complete_until_ = now;
  not_before_ = steady;
  wanted_ = true;
  tick(steady);
}

bool RouteFeed::read(Timestamp now, SteadyTime steady) {
  const auto drained =
      socket_.drain(kMessagesPerTurn, [&](const nlmsghdr* each) { message(each, now, steady); });
  if (socket_.take_overrun()) {
    ++counters_.losses;
    lossy_ = true;
  }
  if (drained == NetlinkSocket::Drained::kError) return false;
  if (drained == NetlinkSocket::Drained::kMore) return true;
  if (lossy_) {
    const uint64_t lost = socket_.lost_messages();
    gap_(std::min(complete_until_, now), now, lost - std::min(lost, counters_.lost));
    counters_.lost = lost;
    lossy_ = false;
    wanted_ = true;
  }
  complete_until_ = now;
  return true;
}

void RouteFeed::message(const nlmsghdr* message, Timestamp now, SteadyTime steady) {
  ++counters_.messages;
  const bool answer = step_ != 0 && message->nlmsg_seq == step_;
  if (message->nlmsg_type == NLMSG_ERROR) {
    if (answer && has_error(message)) fail_dump(steady);
    return;
  }
  if (message->nlmsg_type == NLMSG_DONE) {
    if (answer) step_done(message, now, steady);
    return;
  }
  if (answer) heard_ = steady;
  neighbourhood_.message(parse_route(message), now);
}

void RouteFeed::step_done(const nlmsghdr* message, Timestamp now, SteadyTime steady) {
  if (has_error(message) || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) return fail_dump(steady);
  if (step_ < kSteps.size()) {
    ++step_;
    return ask(steady);
  }
  step_ = 0;
  ++counters_.dumps;
  neighbourhood_.end_dump(now);
}

void RouteFeed::fail_dump(SteadyTime steady) {
  ++counters_.dumps_failed;
  step_ = 0;
  wanted_ = true;
  not_before_ = steady + kRetry;
}

void RouteFeed::ask(SteadyTime steady) {
  const Step& step = kSteps.at(step_ - 1);
  const std::vector<uint8_t> header(step.header_bytes);
  heard_ = steady;
  if (!socket_.request_dump(step.request, header, step_)) fail_dump(steady);
}

void RouteFeed::tick(SteadyTime steady) {
  if (step_ != 0 && steady - heard_ >= kPatience) fail_dump(steady);
  if (step_ != 0 || !wanted_ || lossy_ || steady < not_before_) return;
  wanted_ = false;
  step_ = 1;
  neighbourhood_.begin_dump();
  ask(steady);
}

SteadyTime RouteFeed::next_deadline() const {
  if (step_ != 0) return heard_ + kPatience;
  return wanted_ ? not_before_ : SteadyTime::max();
}

}  // namespace gatewitness::kernel
