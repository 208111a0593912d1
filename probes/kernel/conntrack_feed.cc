// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/conntrack_feed.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "probes/kernel/conntrack_parse.h"

namespace gatewitness::kernel {
namespace {

using std::chrono::seconds;

constexpr uint32_t kDumpSequence = 1;
constexpr seconds kPatience{10};      // for the next piece of a dump
constexpr seconds kRetry{1};          // after a dump that failed
constexpr seconds kHintInterval{10};  // between dumps for hints
// Then it is the turn of the other sockets and of signals.
constexpr unsigned kMessagesPerTurn = 4096;

// Of NLMSG_ERROR and NLMSG_DONE: both begin with an error number; none is no error.
int error_of(const nlmsghdr* message) {
  int error = 0;
  if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
    std::memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
  return error;
}

}  // namespace

std::vector<uint8_t> conntrack_dump_request() {
  constexpr uint16_t kType = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
  const std::array<uint8_t, sizeof(nfgenmsg)> every_family{};
  return dump_request(kType, every_family, kDumpSequence);
}

ConntrackFeed::ConntrackFeed(NetlinkSocket socket, Requester requester, BindingTable& table, seconds review,
                             Gap gap)
    : socket_(std::move(socket)),
      requester_(std::move(requester)),
      table_(table),
      review_(review),
      gap_(std::move(gap)) {}

void ConntrackFeed::start(Timestamp now, SteadyTime steady) {
  complete_until_ = now;
  dumped_ = not_before_ = steady;
  wanted_ = true;
}

bool ConntrackFeed::read(Timestamp now, SteadyTime steady) {
  const auto drained =
      socket_.drain(kMessagesPerTurn, [&](const nlmsghdr* each) { message(each, now, steady); });
  if (socket_.take_overrun()) {
    ++counters_.losses;
    lossy_ = true;
  }
  if (drained == NetlinkSocket::Drained::kError) return false;
  if (drained == NetlinkSocket::Drained::kMore) return true;
  // Only an emptied queue takes events again: what was lost was lost up to now, and a dump can mend it now.
  if (lossy_) {
    report_loss(now);
    lossy_ = false;
    wanted_ = true;
  }
  complete_until_ = now;
  return true;
}

void ConntrackFeed::report_loss(Timestamp now) {
  if (!lossy_) return;
  const uint64_t lost = socket_.lost_messages();
  gap_(std::min(complete_until_, now), now, lost - std::min(lost, counters_.lost));
  counters_.lost = lost;
  complete_until_ = now;
}

void ConntrackFeed::message(const nlmsghdr* message, Timestamp now, SteadyTime steady) {
  ++counters_.messages;
  if (message->nlmsg_type == NLMSG_ERROR) {
    if (dumping_ && error_of(message) != 0) fail_dump(steady);
    return;
  }
  if (message->nlmsg_type == NLMSG_DONE) return finish_dump(message, now, steady);
  if ((message->nlmsg_flags & NLM_F_MULTI) != 0) heard_ = steady;
  if (const auto parsed = parse_conntrack(message))
    table_.event(parsed->event, parsed->entry, now);
  else
    ++counters_.passed_over;
}

void ConntrackFeed::finish_dump(const nlmsghdr* message, Timestamp now, SteadyTime steady) {
  if (!dumping_) return;
  if (error_of(message) < 0 || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) return fail_dump(steady);
  ++counters_.dumps;
  table_.end_dump(now);
  dumping_ = false;
  dumped_ = steady;
}

void ConntrackFeed::fail_dump(SteadyTime steady) {
  ++counters_.dumps_failed;
  dumping_ = false;
  wanted_ = true;
  not_before_ = steady + kRetry;
}

bool ConntrackFeed::due(SteadyTime steady) const {
  if (steady < not_before_) return false;
  if (wanted_) return true;
  if (hint_waits_ && steady - dumped_ >= kHintInterval) return true;
  return table_.has_live() && steady - dumped_ >= review_;
}

bool ConntrackFeed::tick(Timestamp now, SteadyTime steady) {
  table_.tick(now);
  if (dumping_ && steady - heard_ >= kPatience) fail_dump(steady);
  if (dumping_ || lossy_ || !due(steady)) return true;
  wanted_ = hint_waits_ = false;
  dumping_ = true;
  heard_ = steady;
  table_.begin_dump();
  return requester_.ask();
}

SteadyTime ConntrackFeed::next_deadline() const {
  if (dumping_) return heard_ + kPatience;
  if (wanted_) return not_before_;
  auto next = SteadyTime::max();
  if (hint_waits_) next = std::min(next, dumped_ + kHintInterval);
  if (table_.has_live()) next = std::min(next, dumped_ + review_);
  return std::max(next, not_before_);
}

}  // namespace gatewitness::kernel
