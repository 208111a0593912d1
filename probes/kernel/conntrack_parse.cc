// SPDX-License-Identifier: Apache-2.0
#include "probes/kernel/conntrack_parse.h"

#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <array>

#include "probes/kernel/attributes.h"

namespace gatewitness::kernel {
namespace {

// Every table below is nested in another: one width for all of them.
using Table = Attributes<CTA_MAX>;
static_assert(CTA_MAX >= CTA_TUPLE_MAX && CTA_MAX >= CTA_IP_MAX && CTA_MAX >= CTA_PROTO_MAX &&
              CTA_MAX >= CTA_PROTOINFO_MAX && CTA_MAX >= CTA_PROTOINFO_TCP_MAX &&
              CTA_MAX >= CTA_TIMESTAMP_MAX);

std::optional<IpAddress> address(const Table& ip, std::size_t v4, std::size_t v6) {
  if (const auto bytes = ip.bytes(v4); bytes && bytes->size() == 4) return IpAddress::from_bytes(*bytes);
  if (const auto bytes = ip.bytes(v6); bytes && bytes->size() == 16) return IpAddress::from_bytes(*bytes);
  return std::nullopt;
}

std::optional<FiveTuple> tuple(const Table& entry, std::size_t number) {
  const Table parts = entry.nested(number);
  const Table ip = parts.nested(CTA_TUPLE_IP);
  const Table proto = parts.nested(CTA_TUPLE_PROTO);
  const auto source = address(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
  const auto destination = address(ip, CTA_IP_V4_DST, CTA_IP_V6_DST);
  const auto protocol = proto.host<uint8_t>(CTA_PROTO_NUM);
  const auto source_port = proto.big_endian<uint16_t>(CTA_PROTO_SRC_PORT);
  const auto destination_port = proto.big_endian<uint16_t>(CTA_PROTO_DST_PORT);
  if (!source || !destination || !source_port || !destination_port || protocol != kProtocolTcp)
    return std::nullopt;
  return FiveTuple{{*source, *source_port}, {*destination, *destination_port}, kProtocolTcp};
}

// Nanoseconds of UTC, as the kernel writes them; 0 stands for "not yet".
std::optional<Timestamp> time(const Table& times, std::size_t number) {
  const auto nanoseconds = times.big_endian<uint64_t>(number);
  if (!nanoseconds || *nanoseconds == 0) return std::nullopt;
  return Timestamp(Duration(static_cast<int64_t>(*nanoseconds / 1000)));
}

std::optional<ConntrackEvent> event_of(const nlmsghdr* message) {
  if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_CTNETLINK) return std::nullopt;
  switch (NFNL_MSG_TYPE(message->nlmsg_type)) {
    case IPCTNL_MSG_CT_NEW:
      if ((message->nlmsg_flags & NLM_F_MULTI) != 0) return ConntrackEvent::kDump;
      return (message->nlmsg_flags & NLM_F_CREATE) != 0 ? ConntrackEvent::kNew : ConntrackEvent::kUpdate;
    case IPCTNL_MSG_CT_DELETE:
      return ConntrackEvent::kDestroy;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view tcp_state_name(uint8_t state) {
  static constexpr std::array<std::string_view, TCP_CONNTRACK_MAX> kNames = {
      "NONE",       "SYN_SENT", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
      "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",       "SYN_SENT2"};
  return state < kNames.size() ? kNames[state] : std::string_view();
}

std::optional<ConntrackMessage> parse_conntrack(const nlmsghdr* message) {
  const auto event = event_of(message);
  if (!event || mnl_nlmsg_get_payload_len(message) < sizeof(nfgenmsg)) return std::nullopt;
  const Table all = Table::of(message, sizeof(nfgenmsg));
  const auto original = tuple(all, CTA_TUPLE_ORIG);
  const auto reply = tuple(all, CTA_TUPLE_REPLY);
  const auto id = all.big_endian<uint32_t>(CTA_ID);
  if (!original || !reply || !id) return std::nullopt;
  const Table times = all.nested(CTA_TIMESTAMP);
  const Table tcp = all.nested(CTA_PROTOINFO).nested(CTA_PROTOINFO_TCP);
  return ConntrackMessage{*event,
                          {.id = *id,
                           .zone = all.big_endian<uint16_t>(CTA_ZONE).value_or(0),
                           .original = *original,
                           .reply = *reply,
                           .status = all.big_endian<uint32_t>(CTA_STATUS),
                           .tcp_state = tcp.host<uint8_t>(CTA_PROTOINFO_TCP_STATE),
                           .started = time(times, CTA_TIMESTAMP_START),
                           .ended = time(times, CTA_TIMESTAMP_STOP)}};
}

}  // namespace gatewitness::kernel
