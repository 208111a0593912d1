// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/mac_kind.h"

#include <algorithm>
#include <array>

namespace gatewitness {
namespace {

struct Range {
  std::array<uint8_t, 3> start;
  std::size_t length;
  MacKind kind;
};

constexpr Range kRanges[] = {
    {{0x02, 0x42, 0}, 2, MacKind::kContainer},  {{0x52, 0x54, 0x00}, 3, MacKind::kVirtual},  // QEMU, KVM
    {{0x0a, 0x00, 0x27}, 3, MacKind::kVirtual},  // VirtualBox, host side
    {{0x08, 0x00, 0x27}, 3, MacKind::kVirtual},  // VirtualBox
    {{0x00, 0x16, 0x3e}, 3, MacKind::kVirtual},  // Xen
    {{0x00, 0x05, 0x69}, 3, MacKind::kVirtual},  // VMware, here and in the next three
    {{0x00, 0x0c, 0x29}, 3, MacKind::kVirtual}, {{0x00, 0x1c, 0x14}, 3, MacKind::kVirtual},
    {{0x00, 0x50, 0x56}, 3, MacKind::kVirtual}, {{0x00, 0x15, 0x5d}, 3, MacKind::kVirtual},  // Hyper-V
    {{0x00, 0x1c, 0x42}, 3, MacKind::kVirtual},                                              // Parallels
    {{0xbc, 0x24, 0x11}, 3, MacKind::kVirtual},                                              // Proxmox
};

bool begins_with(const MacAddress& mac, const Range& range) {
  return std::equal(range.start.begin(), range.start.begin() + static_cast<std::ptrdiff_t>(range.length),
                    mac.bytes.begin());
}

}  // namespace

MacKind mac_kind(const MacAddress& mac) {
  if (mac.is_zero()) return MacKind::kNone;
  if (mac.is_multicast()) return MacKind::kGroup;
  for (const Range& range : kRanges)
    if (begins_with(mac, range)) return range.kind;
  return mac.is_locally_administered() ? MacKind::kMadeUp : MacKind::kUniversal;
}

std::string_view to_string(MacKind kind) {
  static constexpr std::array<std::string_view, 6> kNames = {"universal", "made-up", "container",
                                                             "virtual",   "group",   "none"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view describe(MacKind kind) {
  static constexpr std::array<std::string_view, 6> kTexts = {
      "", "private (made-up) MAC", "a container's MAC", "a virtual machine's MAC", "a group's MAC", "no MAC"};
  return kTexts[static_cast<std::size_t>(kind)];
}

bool may_be_company_id(const MacAddress& mac) {
  return !mac.is_multicast() && (mac.bytes[0] & 0x0f) == 0x0a;
}

}  // namespace gatewitness
