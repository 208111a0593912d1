// SPDX-License-Identifier: Apache-2.0
//
// The two loops of gatewitness-capture: live interfaces until a signal comes, files until they end. Both feed
// the same Dissector; both say how the probe is: at the start, every heartbeat, when an interface changes, at
// the end. Called by main after all rights are gone.
#pragma once

#include <string>
#include <vector>

#include "probes/capture/file_source.h"
#include "probes/capture/live_source.h"
#include "probes/capture/probe_options.h"
#include "probes/capture/record_outlet.h"
#include "probes/dissect/dissector.h"
#include "probes/process/log.h"
#include "probes/process/signals.h"

namespace gatewitness::capture {

// What both loops share; all of it outlives them.
struct ProbeParts {
  const ProbeOptions& options;
  const process::Log& log;
  process::SignalQueue& signals;
  dissect::Dissector& dissector;
  RecordOutlet& outlet;
  bool sandboxed = false;
  std::string note;
};

// Both return the exit status that parse_options documents.
int run_live(const ProbeParts& parts, std::vector<LiveSource> sources);
int run_files(const ProbeParts& parts, std::vector<FileSource> sources);

}  // namespace gatewitness::capture
