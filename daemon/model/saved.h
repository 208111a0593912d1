// SPDX-License-Identifier: Apache-2.0
//
// What a saved state is written and read with. Reading throws nlohmann::json::exception on what it cannot
// take.
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "daemon/model/device_id.h"
#include "probes/wire/time.h"

namespace gatewitness {

// A whole number. nlohmann-json's get<>() takes any number for any other, and what it makes of one that does
// not fit, or of none (NaN), is undefined: a store may be corrupt.
template <typename T>
T whole(const nlohmann::json& value) {
  const bool fits = value.is_number_unsigned()
                        ? std::in_range<T>(value.get<uint64_t>())
                        : value.is_number_integer() && std::in_range<T>(value.get<int64_t>());
  if (!fits) throw nlohmann::json::other_error::create(501, "a whole number that fits", nullptr);
  return value.get<T>();
}

template <typename T>
std::vector<T> wholes(const nlohmann::json& list) {
  std::vector<T> out;
  for (const auto& value : list) out.push_back(whole<T>(value));
  return out;
}

template <typename T, std::size_t N>
std::array<T, N> whole_array(const nlohmann::json& list) {
  std::array<T, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = whole<T>(list.at(i));
  return out;
}

// Microseconds.
inline nlohmann::json ticks(Timestamp time) {
  return time.time_since_epoch().count();
}
inline Timestamp time_of(const nlohmann::json& value) {
  return Timestamp(Duration(whole<int64_t>(value)));
}
inline DeviceId device_of(const nlohmann::json& value) {
  const auto device = DeviceId::parse(value.get<std::string>());
  if (!device) throw nlohmann::json::other_error::create(501, "a device", nullptr);
  return *device;
}

}  // namespace gatewitness
