// SPDX-License-Identifier: Apache-2.0
//
// Netlink messages as the kernel writes them, for the tests of this folder.
#pragma once

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "probes/wire/flow.h"

namespace gatewitness::kernel {

class Message {
 public:
  Message(uint16_t type, uint16_t flags) {
    header_ = mnl_nlmsg_put_header(bytes_.data());
    header_->nlmsg_type = type;
    header_->nlmsg_flags = flags;
  }
  template <typename Header>
  Message& family(const Header& header) {
    std::memcpy(mnl_nlmsg_put_extra_header(header_, sizeof(header)), &header, sizeof(header));
    return *this;
  }
  Message& put(uint16_t number, std::span<const uint8_t> bytes) {
    mnl_attr_put(header_, number, bytes.size(), bytes.data());
    return *this;
  }
  Message& put(uint16_t number, const IpAddress& address) { return put(number, address.bytes()); }
  Message& put8(uint16_t number, uint8_t value) { return put(number, {&value, 1}); }
  template <typename T>
  Message& put_big_endian(uint16_t number, T value) {
    std::array<uint8_t, sizeof(T)> bytes{};
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes[i] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> 8 * (sizeof(T) - 1 - i));
    return put(number, bytes);
  }
  Message& nest(uint16_t number, const std::function<void(Message&)>& content) {
    nlattr* start = mnl_attr_nest_start(header_, number);
    content(*this);
    mnl_attr_nest_end(header_, start);
    return *this;
  }

  const nlmsghdr* get() const { return header_; }
  std::vector<uint8_t> bytes() const {
    const auto* first = reinterpret_cast<const uint8_t*>(header_);
    return {first, first + header_->nlmsg_len};
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  alignas(nlmsghdr) std::array<uint8_t, 2048> bytes_{};
  nlmsghdr* header_;
};

struct ConntrackFields {
  uint8_t subtype = IPCTNL_MSG_CT_NEW;
  uint16_t flags = NLM_F_CREATE | NLM_F_EXCL;
  FiveTuple original = {};
  FiveTuple reply = {};
  uint32_t id = 7;
  std::optional<uint16_t> zone = {};
  std::optional<uint32_t> status = {};
  std::optional<uint8_t> tcp_state = {};
  std::optional<uint64_t> start_ns = {};
  std::optional<uint64_t> stop_ns = {};
};

inline void put_tuple(Message& message, uint16_t number, const FiveTuple& tuple) {
  const bool v6 = tuple.source.address.is_v6();
  message.nest(number, [&](Message& inside) {
    inside.nest(CTA_TUPLE_IP, [&](Message& ip) {
      ip.put(v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, tuple.source.address);
      ip.put(v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, tuple.destination.address);
    });
    inside.nest(CTA_TUPLE_PROTO, [&](Message& proto) {
      proto.put8(CTA_PROTO_NUM, tuple.protocol);
      proto.put_big_endian(CTA_PROTO_SRC_PORT, tuple.source.port);
      proto.put_big_endian(CTA_PROTO_DST_PORT, tuple.destination.port);
    });
  });
}

// In the order in which ctnetlink writes.
inline void fill(Message& message, const ConntrackFields& fields) {
  message.family(nfgenmsg{});
  put_tuple(message, CTA_TUPLE_ORIG, fields.original);
  put_tuple(message, CTA_TUPLE_REPLY, fields.reply);
  if (fields.zone) message.put_big_endian(CTA_ZONE, *fields.zone);
  message.put_big_endian(CTA_ID, fields.id);
  if (fields.status) message.put_big_endian(CTA_STATUS, *fields.status);
  if (fields.start_ns || fields.stop_ns)
    message.nest(CTA_TIMESTAMP, [&](Message& times) {
      if (fields.start_ns) times.put_big_endian(CTA_TIMESTAMP_START, *fields.start_ns);
      if (fields.stop_ns) times.put_big_endian(CTA_TIMESTAMP_STOP, *fields.stop_ns);
    });
  if (fields.tcp_state)
    message.nest(CTA_PROTOINFO, [&](Message& info) {
      info.nest(CTA_PROTOINFO_TCP,
                [&](Message& tcp) { tcp.put8(CTA_PROTOINFO_TCP_STATE, *fields.tcp_state); });
    });
}

inline uint16_t conntrack_type(uint8_t subtype) {
  return static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | subtype);
}

}  // namespace gatewitness::kernel
