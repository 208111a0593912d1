// SPDX-License-Identifier: Apache-2.0
#include "daemon/identity/oui_table.h"

#include <algorithm>
#include <optional>

namespace gatewitness {
namespace {

constexpr std::array<uint8_t, 8> kMagic = {'G', 'W', 'O', 'U', 'I', 0, 0, 1};
constexpr std::size_t kHeaderBytes = kMagic.size() + 4 * 4;
constexpr std::size_t kPlaceBytes = 3;

uint64_t big_endian(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

std::expected<OuiTable, std::string> OuiTable::over(std::span<const uint8_t> bytes,
                                                    std::shared_ptr<const void> keeper) {
  if (bytes.size() < kHeaderBytes || !std::ranges::equal(bytes.first(kMagic.size()), kMagic))
    return std::unexpected("is no table of vendors of this version");
  OuiTable table;
  table.levels_ = {Level{36, 5, {}}, Level{28, 4, {}}, Level{24, 3, {}}};
  auto rest = bytes.subspan(kHeaderBytes);
  for (std::size_t i = 0; i < table.levels_.size(); ++i) {
    Level& level = table.levels_[table.levels_.size() - 1 - i];  // written shortest first
    const uint64_t size = big_endian(bytes.subspan(kMagic.size() + 4 * i, 4)) * level.width();
    if (size > rest.size()) return std::unexpected("is cut short");
    level.entries = rest.first(static_cast<std::size_t>(size));
    rest = rest.subspan(static_cast<std::size_t>(size));
  }
  if (big_endian(bytes.subspan(kHeaderBytes - 4, 4)) != rest.size())
    return std::unexpected("is cut short or too long");
  table.names_ = rest;
  table.keeper_ = std::move(keeper);
  return table;
}

std::size_t OuiTable::prefixes() const {
  std::size_t count = 0;
  for (const Level& level : levels_) count += level.bits == 0 ? 0 : level.entries.size() / level.width();
  return count;
}

std::string_view OuiTable::name_at(std::size_t place) const {
  if (place >= names_.size()) return {};
  const auto name =
      names_.subspan(place + 1).first(std::min<std::size_t>(names_[place], names_.size() - place - 1));
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

std::string_view OuiTable::vendor_of(const MacAddress& mac) const {
  if (mac.is_multicast()) return {};
  const uint64_t address = big_endian(mac.bytes);
  for (const Level& level : levels_) {
    if (level.entries.empty()) continue;
    const uint64_t key = address >> (48 - level.bits);
    std::size_t low = 0, high = level.entries.size() / level.width();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const auto entry = level.entries.subspan(middle * level.width(), level.width());
      const uint64_t found = big_endian(entry.first(level.key_bytes));
      if (found == key) {
        const auto name = name_at(static_cast<std::size_t>(big_endian(entry.last(kPlaceBytes))));
        return name == "Private" ? std::string_view{} : name;
      }
      (found < key ? low : high) = found < key ? middle + 1 : middle;
    }
  }
  return {};
}

}  // namespace gatewitness
