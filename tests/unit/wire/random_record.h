// SPDX-License-Identifier: Apache-2.0
//
// Records filled with random values by walking the codec's own list of fields, so that a new field is covered
// without a line here; and the same records filled to every cap. Used by the codec's tests.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "probes/wire/codec.h"
#include "probes/wire/fields.h"
#include "probes/wire/names.h"

namespace gatewitness::wire {

// Values anywhere in their range, lists of any length up to their caps.
class RandomFiller {
 public:
  explicit RandomFiller(uint64_t seed) : random_(seed) {}

  template <typename T>
  void required(const char* key, T& field) {
    fill(key, field);
  }
  template <typename T>
  void optional(const char* key, T& field) {
    if (coin()) fill(key, field);
  }
  void capped(const char*, std::string& text, std::size_t limit) { fill_text(text, limit); }
  template <typename T>
  void capped(const char* key, std::vector<T>& list, std::size_t limit) {
    list.resize(static_cast<std::size_t>(below(limit + 1)));
    for (auto& item : list) fill(key, item);
  }
  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool coin() { return below(2) == 1; }

 private:
  template <typename T>
  void fill(const char* key, T& field) {
    if constexpr (std::is_same_v<T, bool>) {
      field = coin();
    } else if constexpr (std::is_enum_v<T>) {
      field = static_cast<T>(below(value_count(T{})));
    } else if constexpr (std::is_integral_v<T>) {
      // Small and huge ones alike: CBOR has five widths.
      field = static_cast<T>(random_() >> below(64));
      if (std::string_view(key) == "prefix_length") field = static_cast<T>(field % 33);
    } else if constexpr (std::is_same_v<T, std::string>) {
      fill_text(field, 40);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      field = Timestamp(Duration(below(static_cast<uint64_t>(kLastTime.count()) + 1)));
    } else if constexpr (std::is_same_v<T, MacAddress>) {
      for (auto& byte : field.bytes) byte = static_cast<uint8_t>(random_());
    } else if constexpr (std::is_same_v<T, IpAddress>) {
      field = address(coin());
    } else if constexpr (std::is_same_v<T, FiveTuple>) {
      const bool six = coin();
      field = {{address(six), static_cast<uint16_t>(random_())},
               {address(six), static_cast<uint16_t>(random_())},
               static_cast<uint8_t>(random_())};
    } else if constexpr (requires { field.emplace(); }) {
      fill(key, field.emplace());
    } else {
      fields(*this, field);
    }
  }
  // Half of them is not UTF-8.
  void fill_text(std::string& text, std::size_t limit) {
    const bool raw = coin();
    text.resize(static_cast<std::size_t>(
        below(std::min<std::size_t>(limit, 40) + 1)));  // so that the record fits into a message
    for (char& c : text) c = static_cast<char>(raw ? below(256) : ' ' + below(95));
  }
  IpAddress address(bool six) {
    std::array<uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = coin() ? static_cast<uint8_t>(random_()) : uint8_t{0};
    return *IpAddress::from_bytes(std::span(bytes).first(six ? 16 : 4));
  }

  std::mt19937_64 random_;
};

// Every list and text at its cap plus `beyond`, every number at its largest.
class GreedyFiller {
 public:
  explicit GreedyFiller(std::size_t beyond) : beyond_(beyond) {}

  template <typename T>
  void required(const char* key, T& field) {
    fill(key, field);
  }
  template <typename T>
  void optional(const char* key, T& field) {
    fill(key, field);
  }
  void capped(const char*, std::string& text, std::size_t limit) { text.assign(limit + beyond_, '\xff'); }
  template <typename T>
  void capped(const char* key, std::vector<T>& list, std::size_t limit) {
    list.resize(limit + beyond_);
    for (auto& item : list) fill(key, item);
  }

 private:
  template <typename T>
  void fill(const char* key, T& field) {
    if constexpr (std::is_same_v<T, bool>) {
      field = true;
    } else if constexpr (std::is_enum_v<T>) {
      field = static_cast<T>(value_count(T{}) - 1);
    } else if constexpr (std::is_integral_v<T>) {
      field = std::string_view(key) == "prefix_length" ? T{128} : std::numeric_limits<T>::max();
    } else if constexpr (std::is_same_v<T, std::string>) {
      field.assign(kMaxEhlo + beyond_, '\xff');
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      field = Timestamp(kLastTime);
    } else if constexpr (std::is_same_v<T, MacAddress>) {
      field.bytes.fill(0xff);
    } else if constexpr (std::is_same_v<T, IpAddress>) {
      field = broadest();
    } else if constexpr (std::is_same_v<T, FiveTuple>) {
      field = {{broadest(), 65535}, {broadest(), 65535}, 255};
    } else if constexpr (requires { field.emplace(); }) {
      fill(key, field.emplace());
    } else {
      fields(*this, field);
    }
  }
  static IpAddress broadest() {
    std::array<uint8_t, 16> bytes{};
    bytes.fill(0xff);
    return IpAddress::v6(bytes);
  }

  std::size_t beyond_;
};

// The record of the variant's nth type, empty.
template <std::size_t Index = 0>
Record empty_record(std::size_t n) {
  if constexpr (Index + 1 == std::variant_size_v<Record>) {
    return Record(std::in_place_index<Index>);
  } else {
    return n == Index ? Record(std::in_place_index<Index>) : empty_record<Index + 1>(n);
  }
}

template <typename Filler>
Envelope filled(std::size_t type, Filler filler) {
  Envelope envelope{{"a.strangers_probe-01:x", 1ULL << 63, 1ULL << 62, Timestamp(kLastTime)},
                    empty_record(type)};
  std::visit([&](auto& record) { fields(filler, record); }, envelope.record);
  return envelope;
}

}  // namespace gatewitness::wire
