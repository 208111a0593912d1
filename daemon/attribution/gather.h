// SPDX-License-Identifier: Apache-2.0
//
// Puts together what attributes one attempt: the pipeline does so as things happen, an inquiry from what is
// kept of them. PURE.
#pragma once

#include "daemon/attribution/address_book.h"
#include "daemon/attribution/binding_store.h"
#include "daemon/attribution/evidence.h"
#include "daemon/attribution/sight.h"

namespace gatewitness {

// A binding and the SYN that made it are this near, whatever the clocks of two probes and a busy machine do.
inline constexpr Duration kBindingTolerance = std::chrono::seconds(5);

// Borrowed for the length of a call.
struct Knowledge {
  const AddressBook& addresses;
  const BindingStore& bindings;
  const Sight& sight;
};

// Of an attempt that was seen in frames.
AttemptEvidence gather(const AttemptKey& key, const wire::Attempt& attempt, const Knowledge& known);
// Of one that only the kernel knows. device: the gateway, or the inside address; who had it is looked up.
AttemptEvidence gather(const wire::Binding& binding, const DeviceId& device, const Knowledge& known);
bool is_from_binding(const AttemptKey& key);

}  // namespace gatewitness
