// SPDX-License-Identifier: Apache-2.0
//
// Capture files put together by hand, for the tests of the file source.
#pragma once

#include <zlib.h>

#include "tests/unit/capture/test_frames.h"

namespace gatewitness::capture {

inline Bytes le16(uint32_t value) {
  return {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8)};
}
inline Bytes le32(uint32_t value) {
  return le16(value) + le16(value >> 16);
}
inline Bytes be32(uint32_t value) {
  return u16(value >> 16) + u16(value & 0xffff);
}

struct Record {
  uint32_t seconds = 1'700'000'000;
  uint32_t fraction = 0;
  Bytes frame;
  uint32_t original = 0;  // 0: as long as the frame
};

inline Bytes pcap_header(uint32_t link = 1, uint32_t magic = 0xa1b2c3d4) {
  return le32(magic) + le16(2) + le16(4) + zeros(8) + le32(65535) + le32(link);
}
inline Bytes pcap_record(const Record& record) {
  const auto size = static_cast<uint32_t>(record.frame.size());
  return le32(record.seconds) + le32(record.fraction) + le32(size) +
         le32(record.original ? record.original : size) + record.frame;
}

// draft-ietf-opsawg-pcapng: one section, one interface, enhanced packet blocks.
inline Bytes pcapng_block(uint32_t type, Bytes body) {
  body.resize((body.size() + 3) / 4 * 4);
  const auto size = static_cast<uint32_t>(body.size() + 12);
  return le32(type) + le32(size) + body + le32(size);
}
inline Bytes pcapng_header(uint32_t link = 1) {
  return pcapng_block(0x0a0d0d0a, le32(0x1a2b3c4d) + le16(1) + le16(0) + Bytes(8, 0xff)) +
         pcapng_block(1, le16(link) + le16(0) + le32(65535));
}
inline Bytes pcapng_record(const Record& record) {
  const uint64_t time = uint64_t{record.seconds} * 1'000'000 + record.fraction;
  const auto size = static_cast<uint32_t>(record.frame.size());
  return pcapng_block(6, le32(0) + le32(static_cast<uint32_t>(time >> 32)) +
                             le32(static_cast<uint32_t>(time)) + le32(size) +
                             le32(record.original ? record.original : size) + record.frame);
}

inline Bytes gzip(const Bytes& plain) {
  z_stream zlib{};
  deflateInit2(&zlib, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&zlib, plain.size()) + 64);
  zlib.next_in = const_cast<uint8_t*>(plain.data());
  zlib.avail_in = static_cast<uInt>(plain.size());
  zlib.next_out = packed.data();
  zlib.avail_out = static_cast<uInt>(packed.size());
  deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

}  // namespace gatewitness::capture
