// SPDX-License-Identifier: Apache-2.0
#include "probes/capture/live_source.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "probes/capture/bpf_program.h"
#include "probes/process/clock.h"
#include "probes/process/sandbox.h"
#include "probes/wire/text.h"

namespace gatewitness::capture {
namespace {

constexpr std::size_t kBatchesPerDrain = 16;
constexpr uint16_t kEveryProtocol = 0x0003;  // ETH_P_ALL
constexpr std::size_t kMacs = 12;            // bytes of an Ethernet header before the VLAN tag
constexpr std::size_t kTag = 4;

ifreq request_for(const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

// The name's current index; 0: there is none.
int index_of(int socket, const std::string& interface) {
  ifreq request = request_for(interface);
  return ::ioctl(socket, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

unsigned flags_of(int socket, const std::string& interface) {
  ifreq request = request_for(interface);
  return ::ioctl(socket, SIOCGIFFLAGS, &request) == 0 ? static_cast<unsigned short>(request.ifr_flags) : 0U;
}

// Devices with Ethernet headers are read with them; of all others (ppp, tun, wireguard) the kernel gives bare
// IP.
std::optional<dissect::LinkType> link_of(int socket, const std::string& interface) {
  ifreq request = request_for(interface);
  if (::ioctl(socket, SIOCGIFHWADDR, &request) != 0) return std::nullopt;
  const auto kind = request.ifr_hwaddr.sa_family;
  const bool ethernet = kind == ARPHRD_ETHER || kind == ARPHRD_LOOPBACK;
  return ethernet ? dissect::LinkType::kEthernet : dissect::LinkType::kRawIp;
}

std::string existing_interfaces() {
  std::string names;
  struct if_nameindex* const all = ::if_nameindex();
  for (auto* entry = all; entry != nullptr && entry->if_index != 0; ++entry) {
    if (!names.empty()) names += ", ";
    names += printable(entry->if_name, 32);
  }
  if (all != nullptr) ::if_freenameindex(all);
  return names.empty() ? "there are none" : "there are " + names;
}

std::string no_socket(const std::string& interface) {
  std::string text = "cannot capture on " + interface + ": " + std::strerror(errno);
  if (errno == EPERM) text += " (run it as root, or with CAP_NET_RAW)";
  return text;
}

// The sandbox tells descriptors that are only read by their numbers.
process::FileDescriptor renumbered(process::FileDescriptor socket) {
  int wanted = process::kReadOnlyDescriptorBit;
  process::FileDescriptor moved(::fcntl(socket.get(), F_DUPFD_CLOEXEC, wanted));
  // Past 64 numbers in use the bit would no longer be set.
  if ((moved.get() & process::kReadOnlyDescriptorBit) == 0) moved.reset();
  return moved;
}

bool set(int socket, int level, int name, int value) {
  return ::setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

// Both in this order: once locked, nobody, root included, can take the filter off this socket.
bool lock_filter(int socket, dissect::LinkType link, const std::vector<uint16_t>& ports) {
  const auto program = mail_filter(link, ports);
  if (!program) return false;
  std::vector<sock_filter> code;
  for (const auto& insn : *program) code.push_back({insn.code, insn.jt, insn.jf, insn.k});
  const sock_fprog filter{static_cast<unsigned short>(code.size()), code.data()};
  if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0) return false;
  return set(socket, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

void set_buffer(int socket, std::size_t bytes) {
  // The kernel doubles the value, for its own bookkeeping; without CAP_NET_ADMIN it is cut to
  // net.core.rmem_max.
  const int half = static_cast<int>(bytes / 2);
  if (!set(socket, SOL_SOCKET, SO_RCVBUFFORCE, half)) set(socket, SOL_SOCKET, SO_RCVBUF, half);
}

// What the kernel says about a frame beside its bytes.
struct Ancillary {
  std::optional<Timestamp> time;
  std::optional<tpacket_auxdata> packet;
};

Ancillary ancillary_of(msghdr& message) {
  Ancillary result;
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(item), sizeof(stamp));
      result.time = Timestamp(std::chrono::seconds(stamp.tv_sec) + Duration(stamp.tv_nsec / 1000));
    } else if (item->cmsg_level == SOL_PACKET && item->cmsg_type == PACKET_AUXDATA) {
      std::memcpy(&result.packet.emplace(), CMSG_DATA(item), sizeof(tpacket_auxdata));
    }
  }
  return result;
}

// Puts the tag that the kernel took out back into the room before the frame; returns the frame's new
// beginning.
uint8_t* with_tag(uint8_t* frame, const tpacket_auxdata& aux) {
  uint8_t* begin = frame - kTag;
  std::memmove(begin, frame, kMacs);
  const uint16_t type =
      (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux.tp_vlan_tpid : uint16_t{0x8100};
  const std::array<uint16_t, 2> tag = {htons(type), htons(aux.tp_vlan_tci)};
  std::memcpy(begin + kMacs, tag.data(), kTag);
  return begin;
}

}  // namespace

FrameBatch::FrameBatch() : memory_(std::make_unique_for_overwrite<uint8_t[]>(kFrames * kStride)) {}

LiveSource::LiveSource(std::string interface, process::FileDescriptor socket, dissect::LinkType link)
    : interface_(std::move(interface)), socket_(std::move(socket)), link_(link) {}

std::expected<LiveSource, std::string> LiveSource::open(const std::string& interface,
                                                        const LiveOptions& options) {
  const process::FileDescriptor asker(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto link = link_of(asker.get(), interface);
  if (interface.empty() || interface.size() >= IFNAMSIZ || !link)
    return std::unexpected("there is no interface \"" + printable(interface, 64) +
                           "\": " + existing_interfaces());
  // Protocol 0: until it is bound, the socket receives nothing.
  const int type = *link == dissect::LinkType::kEthernet ? SOCK_RAW : SOCK_DGRAM;
  process::FileDescriptor socket(::socket(AF_PACKET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return std::unexpected(no_socket(interface));
  socket = renumbered(std::move(socket));
  if (!socket.is_open()) return std::unexpected("cannot capture on so many interfaces at once");
  if (!lock_filter(socket.get(), *link, options.mail_ports)) return std::unexpected(no_socket(interface));
  set_buffer(socket.get(), options.buffer_bytes);
  if (!set(socket.get(), SOL_PACKET, PACKET_AUXDATA, 1) || !set(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1))
    return std::unexpected(no_socket(interface));
  LiveSource source(interface, std::move(socket), *link);
  if (!source.bind_to(index_of(source.fd(), interface))) return std::unexpected(no_socket(interface));
  const unsigned flags = flags_of(source.fd(), interface);
  source.up_ = (flags & IFF_UP) != 0;
  source.skip_outgoing_ = (flags & IFF_LOOPBACK) != 0;
  return source;
}

bool LiveSource::bind_to(int index) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(kEveryProtocol);
  address.sll_ifindex = index;
  if (index == 0 || ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return false;
  index_ = index;
  return true;
}

bool LiveSource::drain(FrameBatch& batch, const FrameHandler& handle) {
  for (std::size_t i = 0; i < kBatchesPerDrain; ++i)
    if (read_batch(batch, handle) < FrameBatch::kFrames) return true;
  return false;
}

std::size_t LiveSource::read_batch(FrameBatch& batch, const FrameHandler& handle) {
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, 128> bytes;
  };
  std::array<mmsghdr, FrameBatch::kFrames> messages{};
  std::array<iovec, FrameBatch::kFrames> parts{};
  std::array<sockaddr_ll, FrameBatch::kFrames> senders{};
  std::array<Control, FrameBatch::kFrames> controls;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    parts[i] = {batch.frame(i), batch.capacity()};
    messages[i].msg_hdr = {&senders[i], sizeof(senders[i]), &parts[i], 1, &controls[i], sizeof(Control), 0};
  }
  const int count = ::recvmmsg(socket_.get(), messages.data(), messages.size(), MSG_DONTWAIT, nullptr);
  if (count < 0) {
    failed_ = failed_ || (errno != EAGAIN && errno != EINTR);
    return 0;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (skip_outgoing_ && senders[i].sll_pkttype == PACKET_OUTGOING) continue;
    const Ancillary extra = ancillary_of(messages[i].msg_hdr);
    uint8_t* begin = batch.frame(i);
    std::size_t size = messages[i].msg_len;
    uint32_t original = extra.packet ? extra.packet->tp_len : messages[i].msg_len;
    const bool tagged = extra.packet && (extra.packet->tp_status & TP_STATUS_VLAN_VALID) != 0;
    if (tagged && link_ == dissect::LinkType::kEthernet && size >= kMacs) {
      begin = with_tag(begin, *extra.packet);
      size += kTag;
      original += kTag;
    }
    handle({extra.time.value_or(process::wall_clock_now()), {begin, size}, original, link_, interface_});
  }
  return static_cast<std::size_t>(count);
}

LiveSource::Change LiveSource::check() {
  const bool was_up = up_;
  const bool lost = std::exchange(failed_, false);
  const int index = index_of(fd(), interface_);
  if (index != 0 && index != index_) {
    if (link_of(fd(), interface_) != link_) return Change::kOtherKind;
    up_ = bind_to(index) && (flags_of(fd(), interface_) & IFF_UP) != 0;
    return up_ ? Change::kCameBack : (was_up ? Change::kWentDown : Change::kNone);
  }
  up_ = index != 0 && (flags_of(fd(), interface_) & IFF_UP) != 0;
  if (was_up && !up_) return Change::kWentDown;
  return up_ && (!was_up || lost) ? Change::kCameBack : Change::kNone;
}

wire::InterfaceStatus LiveSource::status() {
  // Each read sets the kernel's counters to zero. tp_packets counts the dropped ones too.
  tpacket_stats counters{};
  socklen_t size = sizeof(counters);
  if (::getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &counters, &size) == 0) {
    received_ += counters.tp_packets;
    dropped_ += counters.tp_drops;
  }
  return {interface_, up_, received_, dropped_};
}

}  // namespace gatewitness::capture
