// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/ndpi_classifier.h"

#ifdef GATEWITNESS_NDPI

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "probes/dissect/credential_mask.h"
#include "probes/dissect/frame.h"
#include "probes/dissect/ndpi_shim.h"

namespace gatewitness::dissect {

namespace {

// Two ports that no version of nDPI knows anything of.
constexpr uint16_t kClientPort = 61001;
constexpr uint16_t kServerPort = 61002;

// The first four bytes of a TCP header: source and destination port.
void set_ports(std::span<uint8_t> ports, bool from_client) {
  const uint16_t source = from_client ? kClientPort : kServerPort;
  const uint16_t destination = from_client ? kServerPort : kClientPort;
  ports[0] = static_cast<uint8_t>(source >> 8);
  ports[1] = static_cast<uint8_t>(source & 0xff);
  ports[2] = static_cast<uint8_t>(destination >> 8);
  ports[3] = static_cast<uint8_t>(destination & 0xff);
}

}  // namespace

class NdpiFlow {
 public:
  ndpi::Flow state;  // nullptr once decided
  unsigned packets = 0;
  unsigned payload_packets = 0;
  std::string application;
};

struct NdpiClassifier::Impl {
  ndpi::Module module = ndpi::make_module();
  std::vector<uint8_t> shown;  // the packet as nDPI gets it

  // A copy of the packet without credentials and without its ports: nDPI is to judge by what is said. It
  // takes the port's protocol for the master of what it finds (HTTP on port 25 is "SMTP.HTTP" to 4.2), and
  // its FTP dissector looks away on port 25. Empty: not fit to be shown; nDPI has no use for fragments and
  // broken headers.
  std::span<const uint8_t> disguise(std::span<const uint8_t> ip_packet, bool from_client) {
    constexpr std::size_t kLongest = 65535;  // nDPI's length is 16 bits
    const Packet packet = decode_ip(ip_packet);
    const bool fit = packet.fault == FrameFault::kNone && packet.tcp && !packet.fragment;
    if (!fit || ip_packet.size() > kLongest || packet.ip_payload.size() < 4) return {};
    shown.assign(ip_packet.begin(), ip_packet.end());
    const auto copy_of = [&](std::span<const uint8_t> part) {
      return std::span(shown).subspan(static_cast<std::size_t>(part.data() - ip_packet.data()), part.size());
    };
    set_ports(copy_of(packet.ip_payload).first(4), from_client);
    if (!packet.payload.empty()) mask_credentials(copy_of(packet.payload));
    return shown;
  }
  // Of "SMTP.Google" it is the first that says how the flow speaks.
  std::string name(ndpi::Protocols found) const {
    const uint16_t id = found.master != NDPI_PROTOCOL_UNKNOWN ? found.master : found.application;
    if (id == NDPI_PROTOCOL_UNKNOWN) return {};
    const char* name = ndpi_get_proto_name(module.get(), id);
    return name == nullptr ? std::string() : std::string(name);
  }
  Classification settle(NdpiFlow& flow, ndpi::Protocols found, bool last) const {
    if (ndpi::found_by_payload(*flow.state)) flow.application = name(found);
    ndpi::wipe_credentials(*flow.state);
    const bool decided = last || !flow.application.empty();
    if (decided) flow.state.reset();
    return {flow.application, decided};
  }
};

namespace {

bool count(NdpiFlow& flow, std::span<const uint8_t> ip_packet) {
  ++flow.packets;
  if (!decode_ip(ip_packet).payload.empty()) ++flow.payload_packets;
  return flow.packets >= kMaxNdpiPackets || flow.payload_packets >= kMaxNdpiPayloadPackets;
}

uint64_t to_milliseconds(Timestamp time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<uint64_t>(std::max<int64_t>(since_epoch.count(), 0));
}

}  // namespace

NdpiClassifier::NdpiClassifier() : impl_(std::make_unique<Impl>()) {}

bool NdpiClassifier::available() const {
  return impl_ && impl_->module;
}

NdpiClassifier::FlowHandle NdpiClassifier::new_flow() const {
  if (!available()) return nullptr;
  auto flow = std::make_unique<NdpiFlow>();
  flow->state = ndpi::make_flow();
  return FlowHandle(flow.release());
}

Classification NdpiClassifier::packet(NdpiFlow& flow, std::span<const uint8_t> ip_packet, Timestamp time,
                                      bool from_client) {
  if (!available() || !flow.state) return {flow.application, true};
  const bool last = count(flow, ip_packet);
  const auto shown = impl_->disguise(ip_packet, from_client);
  Classification now;
  if (!shown.empty()) {
    const auto found =
        ndpi::process(impl_->module.get(), flow.state.get(), shown, to_milliseconds(time), from_client);
    now = impl_->settle(flow, found, false);
  }
  return last && !now.decided ? give_up(flow) : now;
}

Classification NdpiClassifier::give_up(NdpiFlow& flow) {
  if (!available() || !flow.state) return {flow.application, true};
  return impl_->settle(flow, ndpi::give_up(impl_->module.get(), flow.state.get()), true);
}

std::string NdpiClassifier::version() {
  return ndpi_revision();
}

void NdpiClassifier::FlowDeleter::operator()(NdpiFlow* flow) const noexcept {
  const std::unique_ptr<NdpiFlow> end(flow);
}

}  // namespace gatewitness::dissect

#else

namespace gatewitness::dissect {

class NdpiFlow {};
struct NdpiClassifier::Impl {};

NdpiClassifier::NdpiClassifier() = default;
bool NdpiClassifier::available() const {
  return false;
}
NdpiClassifier::FlowHandle NdpiClassifier::new_flow() const {
  return nullptr;
}
Classification NdpiClassifier::packet(NdpiFlow&, std::span<const uint8_t>, Timestamp, bool) {
  return {.application = "", .decided = true};
}
Classification NdpiClassifier::give_up(NdpiFlow&) {
  return {.application = "", .decided = true};
}
std::string NdpiClassifier::version() {
  return {};
}
void NdpiClassifier::FlowDeleter::operator()(NdpiFlow* flow) const noexcept {
  const std::unique_ptr<NdpiFlow> end(flow);
}

}  // namespace gatewitness::dissect

#endif

namespace gatewitness::dissect {

NdpiClassifier::~NdpiClassifier() = default;
NdpiClassifier::NdpiClassifier(NdpiClassifier&&) noexcept = default;
NdpiClassifier& NdpiClassifier::operator=(NdpiClassifier&&) noexcept = default;

}  // namespace gatewitness::dissect
