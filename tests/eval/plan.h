// SPDX-License-Identifier: Apache-2.0
//
// A home's plan as JSON, for packets_test.py to put it on a wire frame by frame, with the alarms that the
// records of the same home gave.
#pragma once

#include <string>
#include <string_view>

#include "tests/eval/play.h"

namespace gatewitness::eval {

// Not: what only conntrack sees, clocks that jump, and homes too busy for a test.
bool can_be_frames(const Home& home);
std::string plan_of(const Home& home, std::string_view kind, const Played& played);

}  // namespace gatewitness::eval
