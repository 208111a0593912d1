// SPDX-License-Identifier: Apache-2.0
#include "probes/dissect/keyed_hash.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "probes/dissect/bytes.h"

namespace gatewitness::dissect {

std::size_t KeyedHash::operator()(std::string_view text) const noexcept {
  std::array<uint8_t, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), as_bytes(text).data(), text.size(), key_.data());
  return static_cast<std::size_t>(ByteReader(out).little_endian<uint64_t>());
}

std::size_t KeyedHash::operator()(const FiveTuple& tuple) const noexcept {
  std::array<char, 38> bytes{};
  auto out = bytes.begin();
  for (const Endpoint* endpoint : {&tuple.source, &tuple.destination}) {
    const auto address = endpoint->address.bytes();
    std::copy(address.begin(), address.end(), out);
    out += 16;  // the same place for both families
    *out++ = static_cast<char>(endpoint->port >> 8U);
    *out++ = static_cast<char>(endpoint->port & 0xffU);
  }
  bytes.back() = static_cast<char>(tuple.protocol);
  return (*this)(std::string_view(bytes.data(), bytes.size()));
}

}  // namespace gatewitness::dissect
