// SPDX-License-Identifier: Apache-2.0
//
// A file as a stdio stream, unpacked on the way if it is gzip: libpcap reads streams. Nothing is unpacked
// ahead of what is read, and nothing is kept. Owned by the file source.
#pragma once

#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "probes/process/file_descriptor.h"

namespace gatewitness::capture {

// What the stream's reader cannot be told through stdio; shared with the stream, which fills it in.
struct StreamState {
  uint64_t bytes_read = 0;  // of the file as it lies on disk
  uint64_t bytes_unpacked = 0;
  bool compressed = false;
  bool cut = false;          // the compressed data end early
  bool damaged = false;      // the compressed data are wrong
  std::vector<char> buffer;  // of stdio; must outlive the stream
};

// The caller closes the stream; it owns the descriptor. An error if the file is compressed and this build has
// no zlib.
std::expected<std::FILE*, std::string> open_stream(process::FileDescriptor descriptor,
                                                   const std::shared_ptr<StreamState>& state);

}  // namespace gatewitness::capture
