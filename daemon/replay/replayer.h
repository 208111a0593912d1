// SPDX-License-Identifier: Apache-2.0
//
// Captures through the same dissector and pipeline as live traffic, in one process and without a socket. Time
// is the records' own, and nothing depends on the clock or on chance: the same captures give the same report.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "probes/capture/file_source.h"

namespace gatewitness::replay {

class Replayer {
 public:
  explicit Replayer(const config::Config& config);
  ~Replayer();

  // Called every few thousand records with how far the file is; true: stop here.
  using OnProgress = std::function<bool(const capture::FileSource::Progress&)>;

  // Reads a file to its end. False: it was stopped.
  bool read(capture::FileSource& source, const OnProgress& on_progress);
  // Ends every flow that is still open. Once, after the last file.
  void finish();

  // {files: [{path, records, mail_records, state, note}], from, to, status, devices, incidents}, where each
  // incident is as `explain` gives it. from and to are null for a capture without records that matter.
  nlohmann::json report() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatewitness::replay
