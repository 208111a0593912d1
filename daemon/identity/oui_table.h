// SPDX-License-Identifier: Apache-2.0
//
// The vendor behind a MAC address, from the IEEE's registries (MA-L, MA-M, MA-S, IAB; the longest prefix that
// fits). The table is one file of about 600 KB, made by make_oui_table.py when gatewitness is built; whoever
// reads the world maps it and hands the bytes in, so that on a router only the pages that are asked for cost
// memory. PURE. Owned by the pipeline's options, asked by Identity.
//
// Layout, numbers big-endian:
//   8 bytes   "GWOUI", 0, 0, 1 (the version)
//   3 × u32   how many prefixes of 24, 28 and 36 bits
//   u32       bytes of the names
//   prefixes  of 24, then 28, then 36 bits, each level ascending: key (3, 4, 5 bytes, right-aligned), place
//   of
//             the name (3 bytes)
//   names     a length byte and so many bytes of ASCII each
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "probes/wire/mac.h"

namespace gatewitness {

class OuiTable {
 public:
  OuiTable() = default;  // knows nobody

  // keeper owns the bytes and is held as long as this table or a copy of it is. An error says what is wrong
  // with the bytes; what the sizes do not reveal, no look-up trips over: a damaged table gives wrong names,
  // never a read outside of it.
  static std::expected<OuiTable, std::string> over(std::span<const uint8_t> bytes,
                                                   std::shared_ptr<const void> keeper);

  // "": nobody, or one who wants to stay private. Valid as long as the table is.
  std::string_view vendor_of(const MacAddress& mac) const;

  bool empty() const { return names_.empty(); }
  std::size_t prefixes() const;

 private:
  struct Level {
    unsigned bits = 0;
    std::size_t key_bytes = 0;
    std::span<const uint8_t> entries;
    std::size_t width() const { return key_bytes + 3; }
  };

  std::string_view name_at(std::size_t place) const;

  std::array<Level, 3> levels_;  // longest prefix first
  std::span<const uint8_t> names_;
  std::shared_ptr<const void> keeper_;
};

}  // namespace gatewitness
