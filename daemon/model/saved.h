// SPDX-License-Identifier: Apache-2.0
//
// Whole numbers of a saved state. nlohmann-json's get<>() takes any number for any other, and what it makes
// of one that does not fit, or of none (NaN), is undefined: a store may be corrupt.
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace gatewitness {

// Throws nlohmann::json::exception, as all reading of a saved state does.
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

}  // namespace gatewitness
