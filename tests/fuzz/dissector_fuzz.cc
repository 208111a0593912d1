// SPDX-License-Identifier: Apache-2.0
//
// The whole dissector with tables so small that every input runs into their limits. Input: steps, each a byte
// for the kind, a byte of time, and what the kind wants: a TCP segment between a few devices and servers, an
// ICMP error about one, a frame of any link type byte by byte, a tick, or the end of the capture. The same
// frames give the same records; no table passes its limit; each attempt's revisions follow one another up to
// a final one.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "probes/dissect/bytes.h"
#include "probes/dissect/dissector.h"
#include "probes/wire/codec.h"
#include "tests/fuzz/dialogue_checks.h"
#include "tests/support/packet_builder.h"

using namespace gatewitness;
using namespace gatewitness::dissect;
using fuzz::require;
using test::operator+;

namespace {

constexpr std::size_t kFlows = 6, kTalks = 3, kBuffered = 1500, kLinkTypes = 7;

DissectorConfig small() {
  DissectorConfig config;
  config.limits.flows = kFlows;
  config.limits.talks = kTalks;
  config.limits.buffered_bytes = kBuffered;
  config.limits.defragmentations = 2;
  config.limits.identity_facts = 4;
  config.use_ndpi = false;
  return config;
}

// Hears the records and holds them against what a reader may rely on.
class Listener {
 public:
  void hear(TimedRecord&& timed) {
    const auto message = wire::encode({{"capture", 1, heard_++, timed.time}, timed.record});
    require(message.size() <= wire::kMaxMessage);
    said_.append(message.begin(), message.end());
    if (const auto* attempt = std::get_if<wire::Attempt>(&timed.record)) check(*attempt);
  }
  const std::string& said() const { return said_; }
  bool all_final() const { return open_.empty(); }

 private:
  void check(const wire::Attempt& attempt) {
    const auto known = open_.find(attempt.id);
    if (known == open_.end()) {
      // Not in the order of ids: on another port than mail's a flow is told of once it is mail.
      require(attempt.revision == 0 && begun_.insert(attempt.id).second);
    } else {
      require(attempt.revision == known->second + 1);
    }
    attempt.final ? (void)open_.erase(attempt.id) : (void)(open_[attempt.id] = attempt.revision);
    require(attempt.started <= attempt.last && attempt.other_client_macs.size() <= wire::kMaxMacs);
    require(attempt.syn_fingerprint.size() <= wire::kMaxText);
    if (attempt.smtp) fuzz::check_caps(*attempt.smtp);
  }

  std::string said_;
  uint64_t heard_ = 0;
  std::set<uint64_t> begun_;
  std::map<uint64_t, uint32_t> open_;
};

struct Sizes {
  uint64_t live = 0, talking = 0, buffered = 0;
};
Sizes sizes(const Dissector& dissector) {
  Sizes out;
  for (const auto& one : dissector.counters()) {
    if (one.name == "flows_live") out.live = one.value;
    if (one.name == "flows_talking") out.talking = one.value;
    if (one.name == "bytes_buffered") out.buffered = one.value;
  }
  return out;
}

void check_limits(const Dissector& dissector) {
  const Sizes now = sizes(dissector);
  require(now.live <= kFlows && now.talking <= kTalks && now.talking <= now.live);
  require(now.buffered <= kBuffered);
  require(dissector.next_deadline().has_value() == (now.live > 0));
}

// Time goes by ticks of a tenth to some minutes, and jumps both ways.
Duration step_of(uint8_t byte) {
  using namespace std::chrono_literals;
  const auto amount = static_cast<int8_t>(byte) >> 3;
  constexpr Duration kUnits[] = {0us, 1ms, 50ms, 100ms, 1s, 5s, 60s, 24h};
  return amount * kUnits[byte & 7U];
}

class Run {
 public:
  Run() : dissector_(small(), [this](TimedRecord&& record) { listener_.hear(std::move(record)); }) {}

  void go(ByteReader in) {
    while (in.left() > 1) {
      const uint8_t kind = in.u8();
      now_ += step_of(in.u8());
      switch (kind & 7U) {
        case 0:
          any_frame(in, kind >> 3U);
          break;
        case 1:
          dissector_.tick(now_);
          break;
        case 2:
          icmp_error(in);
          break;
        case 3:
          if ((kind & 0xf0U) == 0) dissector_.finish(now_);
          break;
        default:
          tcp_frame(in, kind >> 3U);
      }
      check_limits(dissector_);
    }
    dissector_.finish(now_);
    check_limits(dissector_);
    require(sizes(dissector_).live == 0 && listener_.all_final());
  }
  const std::string& said() const { return listener_.said(); }

 private:
  void frame(LinkType link, std::span<const uint8_t> bytes) {
    dissector_.frame("br-lan", link, now_, bytes, static_cast<uint32_t>(bytes.size()));
  }

  void any_frame(ByteReader& in, unsigned link) {
    const std::size_t length = in.u8();
    frame(static_cast<LinkType>(link % kLinkTypes), in.take(std::min(length, in.left())));
  }

  // Four devices, two servers, two ports of each and four ports of a server: few enough to meet again.
  static test::Bytes ip_packet(uint8_t who, const test::TcpSpec& tcp, std::string_view payload) {
    constexpr std::string_view kDevices[] = {"192.168.1.20", "192.168.1.21", "2001:db8:1::20",
                                             "2001:db8:1::21"};
    constexpr std::string_view kServers[] = {"203.0.113.25", "2001:db8:ffff::25"};
    const auto device = kDevices[who & 3U];
    const auto server = kServers[who >> 1U & 1U];
    const bool from_device = (who & 4U) == 0;
    const auto source = from_device ? device : server;
    const auto destination = from_device ? server : device;
    if ((who & 2U) == 0) {
      test::Ipv4Spec spec;
      spec.source = source;
      spec.destination = destination;
      return test::ipv4(spec, test::tcp(tcp, payload));
    }
    test::Ipv6Spec spec;
    spec.source = source;
    spec.destination = destination;
    return test::ipv6(spec, test::tcp(tcp, payload));
  }

  static test::TcpSpec tcp_spec(ByteReader& in, uint8_t who) {
    constexpr uint16_t kPorts[] = {25, 465, 2526, 21};
    const uint16_t device_port = 40000 + (who >> 3U & 1U);
    const uint16_t server_port = kPorts[who >> 4U & 3U];
    const bool from_device = (who & 4U) == 0;
    test::TcpSpec spec;
    spec.source_port = from_device ? device_port : server_port;
    spec.destination_port = from_device ? server_port : device_port;
    spec.flags = in.u8();
    // Near the beginning, or anywhere.
    const bool far = (who & 0x80U) != 0;
    spec.sequence = far ? in.u32() : 1000U + in.u8();
    spec.acknowledgement = far ? in.u32() : 1000U + in.u8();
    return spec;
  }

  void tcp_frame(ByteReader& in, unsigned kind) {
    const uint8_t who = in.u8();
    const auto spec = tcp_spec(in, who);
    const std::size_t length = in.u8();
    const auto payload = as_text(in.take(std::min(length, in.left())));
    test::Bytes bytes = test::frame(test::Link::kEthernet, ip_packet(who, spec, payload));
    if ((kind & 1U) != 0) bytes[11] = in.u8();  // another MAC
    if ((kind & 2U) != 0) bytes.resize(bytes.size() - std::min<std::size_t>(in.u8() % 64U, bytes.size()));
    frame(LinkType::kEthernet, bytes);
  }

  void icmp_error(ByteReader& in) {
    const uint8_t who = in.u8();
    const auto quoted = ip_packet(who, tcp_spec(in, who), "");
    test::Ipv4Spec spec;
    spec.source = "198.51.100.1";
    spec.destination = "192.168.1.20";
    spec.protocol = 1;
    const auto error = test::icmp(3, in.u8(), test::Bytes(4) + test::cut(quoted, 20U + in.u8() % 64U));
    frame(LinkType::kEthernet, test::frame(test::Link::kEthernet, test::ipv4(spec, error)));
  }

  Listener listener_;
  Dissector dissector_;
  Timestamp now_{std::chrono::seconds(1'700'000'000)};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  Run first, second;
  first.go(ByteReader({data, size}));
  second.go(ByteReader({data, size}));
  require(first.said() == second.said());
  return 0;
}
