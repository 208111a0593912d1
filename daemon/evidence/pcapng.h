// SPDX-License-Identifier: Apache-2.0
//
// Frames as a pcapng file (draft-ietf-opsawg-pcapng): one section in little endian, an interface for each
// name and link type, times in microseconds; a frame that was cut says how long it was on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/wire/records.h"

namespace gatewitness::evidence {

struct TimedFrame {
  Timestamp time;
  wire::Frame frame;
};

std::string to_pcapng(const std::vector<TimedFrame>& frames);

// How many frames a pcapng file holds; nullopt: it is none, or its blocks do not fit together.
std::optional<std::size_t> count_frames(std::string_view pcapng);

}  // namespace gatewitness::evidence
