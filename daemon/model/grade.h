// SPDX-License-Identifier: Apache-2.0
//
// How sure an attribution is, and why not surer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatewitness {

// In rising order, so that the lower of two is the weaker.
enum class Grade : uint8_t {
  kUnknown = 0,
  kCircumstantial = 1,  // only address -> MAC, or a shared MAC, or two things missing
  kStrong = 2,          // one thing missing
  kWitnessed = 3,       // frames of that MAC, the NAT binding, no loss in the window, MAC not shared
};

constexpr std::string_view to_string(Grade grade) {
  switch (grade) {
    case Grade::kUnknown:
      return "unknown";
    case Grade::kCircumstantial:
      return "circumstantial";
    case Grade::kStrong:
      return "strong";
    case Grade::kWitnessed:
      return "witnessed";
  }
  return "unknown";
}

struct Graded {
  Grade grade = Grade::kUnknown;
  std::vector<std::string> reasons;  // why it is not higher; empty for kWitnessed
};

}  // namespace gatewitness
