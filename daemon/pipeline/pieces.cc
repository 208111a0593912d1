// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/pieces.h"

#include <nlohmann/json.hpp>

namespace gatewitness {
namespace {

using nlohmann::json;

// RFC 8949 section 3: a byte string's first byte, without the five bits that tell how its length is written.
constexpr uint8_t kByteString = 0x40;
constexpr uint8_t kKind = 0xe0;
constexpr uint8_t kLength1 = 24;  // from here on in 1, 2, 4 or 8 bytes
constexpr uint8_t kLength8 = 27;

[[noreturn]] void none() {
  throw json::other_error::create(501, "a piece", nullptr);
}

}  // namespace

bool begins_with_piece(std::span<const uint8_t> bytes) {
  return !bytes.empty() && (bytes[0] & kKind) == kByteString;
}

void add_piece(std::vector<uint8_t>& to, const json& item) {
  json::to_cbor(json::binary(json::to_cbor(item)), to);
}

json take_piece(std::span<const uint8_t>& from) {
  if (!begins_with_piece(from)) none();
  const uint8_t how = from[0] & static_cast<uint8_t>(~kKind);
  from = from.subspan(1);
  uint64_t length = how;
  if (how >= kLength1) {
    const std::size_t size = how <= kLength8 ? std::size_t{1} << (how - kLength1) : from.size() + 1;
    if (size > from.size()) none();
    length = 0;
    for (const uint8_t byte : from.first(size)) length = length << 8 | byte;
    from = from.subspan(size);
  }
  if (length > from.size()) none();
  const auto bytes = from.first(static_cast<std::size_t>(length));
  from = from.subspan(bytes.size());
  return json::from_cbor(bytes.begin(), bytes.end());
}

}  // namespace gatewitness
