// SPDX-License-Identifier: Apache-2.0
//
// Everything that the pipeline can be told, in one value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/attribution/options.h"
#include "daemon/detection/options.h"
#include "daemon/identity/identity.h"
#include "daemon/incident/options.h"
#include "daemon/model/network.h"

namespace gatewitness {

struct PipelineOptions {
  NetworkOptions network;
  std::map<MacAddress, OwnerNote> owner;  // what the owner said of his devices
  AttributionOptions attribution;
  DetectionOptions detection;
  IncidentOptions incident;
  IdentityOptions identity;
};

}  // namespace gatewitness
