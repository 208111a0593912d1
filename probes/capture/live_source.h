// SPDX-License-Identifier: Apache-2.0
//
// Frames from one interface, live: an AF_PACKET socket of our own. The filter is attached and locked before
// the socket is bound, so not one other packet reaches user space; the kernel asks no rights of a bind, so
// when the interface vanishes and comes back (even as a new one of the same name) the unprivileged process
// binds the same socket, with the same locked filter, anew: no privileged helper, nothing to reopen. Plain
// recvmmsg instead of a shared ring: only what passes the filter is copied, memory is used only while packets
// wait, and each packet wakes the reader at once. Owned by the capture probe's loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "probes/capture/file_source.h"
#include "probes/dissect/frame.h"
#include "probes/process/file_descriptor.h"
#include "probes/wire/records.h"

namespace gatewitness::capture {

struct LiveOptions {
  std::vector<uint16_t> mail_ports;              // beside kMailPorts
  std::size_t buffer_bytes = 2UL * 1024 * 1024;  // of packets that wait to be read, per interface
};

// Room for one call's frames, shared by all sources. Pages that no frame needed are never touched.
class FrameBatch {
 public:
  FrameBatch();
  static constexpr std::size_t kFrames = 8;
  // Before each frame is room for the VLAN tag that the kernel took out.
  static constexpr std::size_t kHeadroom = 64;
  uint8_t* frame(std::size_t index) { return memory_.get() + index * kStride + kHeadroom; }
  std::size_t capacity() const { return kStride - kHeadroom; }

 private:
  static constexpr std::size_t kStride = kHeadroom + 65536;
  std::unique_ptr<uint8_t[]> memory_;
};

class LiveSource {
 public:
  // Needs CAP_NET_RAW (and CAP_NET_ADMIN for a large buffer). The error is one line: no such interface (with
  // those that there are), no rights.
  static std::expected<LiveSource, std::string> open(const std::string& interface,
                                                     const LiveOptions& options);

  const std::string& interface() const { return interface_; }
  int fd() const { return socket_.get(); }
  dissect::LinkType link() const { return link_; }

  // Hands out what waits, at most a few batches, so that one interface cannot starve the others or the clock.
  // Whether that was all.
  using FrameHandler = std::function<void(const CapturedFrame&)>;
  bool drain(FrameBatch& batch, const FrameHandler& handle);

  enum class Change : uint8_t {
    kNone,
    kWentDown,
    kCameBack,   // the same device, or another one of the same name
    kOtherKind,  // another one whose frames begin otherwise: a new socket is needed, so a new process
  };
  // Looks whether the interface is there and up, and binds anew if it is a new one. To be called every
  // second, and when the descriptor shows an error.
  Change check();
  bool up() const { return up_; }

  // Reads the kernel's counters; cumulative.
  wire::InterfaceStatus status();

 private:
  LiveSource(std::string interface, process::FileDescriptor socket, dissect::LinkType link);
  bool bind_to(int index);
  std::size_t read_batch(FrameBatch& batch, const FrameHandler& handle);

  std::string interface_;
  process::FileDescriptor socket_;
  dissect::LinkType link_;
  bool skip_outgoing_ = false;  // the loopback device shows each packet twice
  bool up_ = false;
  bool failed_ = false;  // the socket reported an error since the last check
  int index_ = 0;        // 0: not bound
  uint64_t received_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace gatewitness::capture
