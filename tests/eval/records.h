// SPDX-License-Identifier: Apache-2.0
//
// A planned session as the probes would tell of it, moment by moment. PURE.
#pragma once

#include "probes/wire/records.h"
#include "tests/eval/home.h"

namespace gatewitness::eval {

// What is known at: the SYN, once the dialogue has shown what it is, and at the end.
enum class Moment : uint8_t { kStart, kMiddle, kEnd };

Timestamp time_of(const Session& session, Moment moment);
// The capture probe's record; id is unique in the home.
wire::Attempt attempt_at(const Home& home, const Session& session, Moment moment, uint64_t id);
// The kernel probe's, for what the gateway sends itself.
wire::Binding binding_at(const Session& session, Moment moment, uint64_t id);

}  // namespace gatewitness::eval
