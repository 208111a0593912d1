// SPDX-License-Identifier: Apache-2.0
//
// All that the pipeline knows, in one value: what views read and what a snapshot keeps. Private to this
// folder.
#pragma once

#include <map>
#include <vector>

#include "daemon/attribution/address_book.h"
#include "daemon/attribution/binding_store.h"
#include "daemon/attribution/lan.h"
#include "daemon/attribution/sight.h"
#include "daemon/detection/detector.h"
#include "daemon/detection/smarthosts.h"
#include "daemon/incident/incident_book.h"
#include "daemon/pipeline/attempt_ledger.h"
#include "daemon/pipeline/device_table.h"
#include "daemon/pipeline/options.h"

namespace gatewitness {

struct PipelineState {
  explicit PipelineState(PipelineOptions with)
      : options(std::move(with)),
        lan(options.network),
        addresses(options.attribution),
        bindings(options.attribution.bindings),
        devices(options.attribution.devices, options.owner, options.identity),
        smarthosts(options.detection.smarthost_days),
        detector(options.detection),
        incidents(options.incident) {}

  PipelineOptions options;
  Timestamp now;
  Lan lan;
  AddressBook addresses;
  BindingStore bindings;
  Sight sight;
  DeviceTable devices;
  Smarthosts smarthosts;
  Detector detector;
  IncidentBook incidents;
  AttemptLedger ledger;
  // Bindings of the LAN's devices that wait for the frame that made them, by deadline.
  std::multimap<Timestamp, wire::Binding> waiting_bindings;
};

inline constexpr std::size_t kMaxWaitingBindings = 4096;

}  // namespace gatewitness
